import { BUDGET_UNITS } from "../../machines/budget/accounts.ts";
import type { Standing } from "../authority/standing.ts";
import { TOP_LEVEL_SPAWNS, tightest } from "../kernel/limits.ts";
import { type Node, subtree } from "../kernel/node.ts";
import type { Tree } from "../kernel/tree.ts";
import { isAtOrBelow } from "./history.ts";
import type { InnerScene, Invariant } from "./invariant.ts";
import { room } from "./room-invariant.ts";
import { sameState } from "./same-state-invariant.ts";
import { stoppedCalls } from "./stopped-calls-invariant.ts";

/** Counts of a subtree, made anew and not taken from the kernel's own counters. */
interface Count {
  slots: number;
  queued: number;
  depth: number;
}

const limits: Invariant<InnerScene> = {
  name: "no limit is exceeded",
  ofStep: ({ swarm }) => {
    for (const node of subtree(swarm.kernel.tree.root)) {
      const over = overLimit(node);
      if (over !== undefined) return over;
    }
    return undefined;
  },
};

const spawns: Invariant<InnerScene> = {
  name: "no more agents are spawned than allowed",
  ofStep: ({ swarm, history }) => {
    for (const node of subtree(swarm.kernel.tree.root)) {
      const most = node.limits.spawns ?? (node.depth === 1 ? TOP_LEVEL_SPAWNS : undefined);
      if (most === undefined) continue;
      let below = 0;
      for (const { path } of history.below(node.path)) if (path !== node.path) below += 1;
      if (below > most) return `${below} were spawned below ${node.path}, which allows ${most}`;
    }
    return undefined;
  },
};

const slots: Invariant<InnerScene> = {
  name: "slots balance",
  ofStep: ({ swarm }) => {
    for (const node of subtree(swarm.kernel.tree.root)) {
      const { slots: taken, queued } = count(node);
      const { path, atWork, queuedBelow } = node;
      if (taken !== atWork) return `${path} counts ${atWork} at work, and ${taken} hold a slot`;
      if (queued !== queuedBelow) return `${path} counts ${queuedBelow} queued, not ${queued}`;
      if (node.end !== undefined && node.slot) return `${path} has ended and holds a slot`;
      if (node.slot && node.waitingAt !== undefined) return `${path} has a slot and waits for one`;
    }
    return undefined;
  },
};

const budgets: Invariant<InnerScene> = {
  name: "no budget is exceeded",
  ofStep: (scene) => {
    const { arbiter } = scene.swarm.parts;
    for (const standing of [
      arbiter.root,
      ...[...scene.swarm.records].map((record) => record.standing),
    ]) {
      const over = overCeiling(standing, scene) ?? overCount(standing, scene);
      if (over !== undefined) return over;
    }
    return undefined;
  },
};

const sums: Invariant<InnerScene> = {
  name: "what is spent adds up",
  atRest: ({ swarm, history }) => {
    const { spent } = swarm.parts.arbiter.root.account;
    for (const [unit, sum] of history.charged.entries()) {
      if (sum === spent[unit]) continue;
      return `model calls have told of ${sum} ${BUDGET_UNITS[unit]}, and ${spent[unit]} are spent`;
    }
    return undefined;
  },
  atEnd: ({ swarm, history }) => {
    // The accounts of forgotten agents (`keepMb`) are missing, so the sums cannot be compared.
    if ([...swarm.records].length < history.agents.size) return undefined;
    const { account: root } = swarm.parts.arbiter.root;
    for (const [unit, name] of BUDGET_UNITS.entries()) {
      let [own, tops] = [0, 0];
      for (const { standing, node } of swarm.records) {
        own += standing.account.own[unit] ?? 0;
        if (node.depth === 1) tops += standing.account.spent[unit] ?? 0;
      }
      const spent = root.spent[unit] ?? 0;
      if (tops !== spent)
        return `top-level agents have spent ${tops} ${name}, and the root ${spent}`;
      // The usage of agents whose path was taken over is left in the accounts above them alone.
      if (history.former.length > 0 ? own > spent : own !== spent)
        return `agents have spent ${own} ${name}, and the root ${spent}`;
    }
    return undefined;
  },
};

const reservations: Invariant<InnerScene> = {
  name: "no reservation is left",
  ofStep: ({ swarm }) => {
    for (const { standing, node } of swarm.records) {
      if (node.end !== undefined && isReserved(standing.account)) return `${node.path} has ended`;
    }
    return undefined;
  },
  atRest: ({ swarm }) => leftReserved(swarm),
  atEnd: ({ swarm }) => leftReserved(swarm),
};

const rest: Invariant<InnerScene> = {
  name: "everything comes to rest",
  atRest: ({ swarm, armed }) => {
    const trees = [...swarm.runs.all, swarm.runs.trunk].map(({ tree }) => tree);
    const sum = (of: (tree: Tree) => number) => trees.reduce((all, tree) => all + of(tree), 0);
    for (const node of subtree(swarm.kernel.tree.root)) {
      if (node.depth === 0 || node.end !== undefined) continue;
      const why = restless(node);
      if (why !== undefined) return `${node.path} ${why}`;
    }
    const waiting = {
      "asks wait for an answer": sum(({ asks }) => asks.size),
      "questions wait for a person": swarm.approvals.list().length,
      "calls wait for a budget": swarm.modelCalls.saved.waiting.size,
      "calls wait for their rate": swarm.rateLimitedCalls.waiting,
      "agents wait to be tried alone": sum(
        ({ quarantine }) => quarantine.waiting.size + quarantine.open.size,
      ),
      "deadlines are never due": sum(({ deadlines }) => deadlines.size),
      "timers never fire": armed,
    };
    return firstOf(waiting);
  },
  atEnd: ({ swarm, armed }) => {
    const hosts = swarm.parts.hosts.list().filter(({ state }) => state !== "stuck");
    return firstOf({ "timers are left": armed, "hosts are left": hosts.length });
  },
};

/** Invariants of the state of the kernel and of the arbiter. */
export const stateInvariants: readonly Invariant<InnerScene>[] = [
  limits,
  spawns,
  slots,
  budgets,
  sums,
  reservations,
  stoppedCalls,
  rest,
  room,
  sameState,
];

function overLimit(node: Node): string | undefined {
  const { path, limits: own } = node;
  const { slots: taken, queued, depth } = count(node);
  const over = (limit: string, is: number, most: number): string =>
    `${path} has ${limit} ${is}, and ${most} is allowed`;
  if (own.depth !== undefined && depth > own.depth) return over("depth", depth, own.depth);
  if (own.concurrency !== undefined && taken > own.concurrency) {
    return over("concurrency", taken, own.concurrency);
  }
  if (own.queue !== undefined && queued > own.queue) return over("queue", queued, own.queue);
  const bounds = { children: living(node), mailbox: node.mailbox.waiting, turns: node.turns };
  for (const [limit, is] of Object.entries(bounds)) {
    const most = tightest(node, limit as keyof typeof bounds);
    if (is > most) return over(limit, is, most);
  }
  return undefined;
}

function living({ children }: Node): number {
  return [...children.values()].filter(({ started, end }) => started && !end).length;
}

/**
 * Checks an account by its own figures. A service may bill a prompt before it reports that the
 * prompt is longer than what is left: such a charge cannot be prevented, so it is allowed.
 */
function overCeiling({ path, account }: Standing, { history }: InnerScene): string | undefined {
  for (const [unit, name] of BUDGET_UNITS.entries()) {
    const spent = account.spent[unit] ?? 0;
    const reserved = account.reserved[unit] ?? 0;
    const limit = account.limit[unit] ?? Number.POSITIVE_INFINITY;
    if (reserved < 0) return `${path} has reserved ${reserved} ${name}`;
    if (spent + reserved > limit + overdraftOf(path, unit, history)) {
      return `${path} has spent ${spent} and reserved ${reserved} of ${limit} ${name}`;
    }
  }
  return undefined;
}

function overdraftOf(path: string, unit: number, { overdrafts }: InnerScene["history"]): number {
  let sum = 0;
  for (const { path: by, charged } of overdrafts) {
    if (isAtOrBelow(by, path)) sum += charged[unit] ?? 0;
  }
  return sum;
}

/** Checks an account by the calls that were started, independently of its figures. */
function overCount({ path, account }: Standing, { history }: InnerScene): string | undefined {
  for (const unit of ["toolCalls", "modelCalls"] as const) {
    const limit = account.limit[BUDGET_UNITS.indexOf(unit)] ?? Number.POSITIVE_INFINITY;
    if (limit === Number.POSITIVE_INFINITY) continue;
    let started = 0;
    for (const agent of history.below(path)) started += agent[unit];
    if (started > limit) return `below ${path} ${started} ${unit} began, and ${limit} are allowed`;
  }
  return undefined;
}

/** Counts the slots and queued spawns at and below a node, and its deepest level. */
function count(top: Node): Count {
  const total: Count = { slots: 0, queued: 0, depth: 0 };
  for (const node of subtree(top)) {
    if (node.slot) total.slots += 1;
    if (node !== top && !node.started && node.end === undefined) total.queued += 1;
    total.depth = Math.max(total.depth, node.depth - top.depth);
  }
  return total;
}

function firstOf(counts: Readonly<Record<string, number>>): string | undefined {
  for (const [what, count] of Object.entries(counts)) if (count > 0) return `${count} ${what}`;
  return undefined;
}

function restless(node: Node): string | undefined {
  const { slot, waitingAt, waitingRequests, status, mailbox } = node;
  if (slot) return "holds a slot, and nothing can happen any more";
  if (waitingAt !== undefined)
    return `waits at ${waitingAt.path} for a slot that nobody gives back`;
  if (waitingRequests.length > 0)
    return `has ${waitingRequests.length} requests that nobody takes up`;
  // A living sibling may keep a parked node from starting.
  if (node.parent?.parked.includes(node)) return undefined;
  if (status !== "waiting") return `is ${status}, and nothing can happen any more`;
  // A loop reads its mailbox between turns, and this turn may wait for a child that is still
  // running.
  const reads = !node.childSpec.loop || node.calls.size === 0;
  if (mailbox.empty || !(reads || mailbox.unacknowledged.length > 0)) return undefined;
  return `has ${mailbox.system.length + mailbox.user.length} messages that it never gets`;
}

function leftReserved(swarm: InnerScene["swarm"]): string | undefined {
  for (const { standing } of swarm.records) {
    if (isReserved(standing.account)) return `${standing.path} has reserved what nobody uses`;
  }
  const { account } = swarm.parts.arbiter.root;
  return isReserved(account) ? "the root has reserved what nobody uses" : undefined;
}

function isReserved({ reserved }: { readonly reserved: readonly number[] }): boolean {
  return reserved.some((amount) => amount !== 0);
}
