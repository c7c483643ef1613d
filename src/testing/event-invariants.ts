import { DEFAULT_INTENSITY } from "../kernel/restart-intensity.ts";
import type { AnyEvent } from "../wire/event.ts";
import { isAtOrBelow, keeperOf } from "./history.ts";
import type { InnerScene, Invariant } from "./invariant.ts";

const STARTS = new Set([
  "agent.spawned",
  "agent.started",
  "agent.moved",
  "tool.started",
  "model.started",
]);
/** Events that report an action by an agent or on an agent. */
const DEEDS = new Set([
  "agent.started",
  "tool.started",
  "model.started",
  "agent.restarted",
  "agent.state",
  "turn.failed",
  "tool.requested",
]);

const gapFree: Invariant<InnerScene> = {
  name: "facts are numbered without a gap",
  ofEvent: ({ seq, type }, { history }) =>
    seq === undefined || seq === history.last + 1
      ? undefined
      : `${type} has number ${seq} after ${history.last}`,
};

const oneOutcome: Invariant<InnerScene> = {
  name: "each spawn has exactly one outcome",
  ofEvent: ({ type, path, incarnation }: AnyEvent, { history }) => {
    const agent = history.agents.get(path);
    if (type === "agent.spawned" && agent !== undefined) {
      const isNext = agent.stoppedAt !== undefined && Number(incarnation) > agent.incarnation;
      return isNext ? undefined : `${path} was spawned twice`;
    }
    if (type !== "agent.stopped") return undefined;
    if (agent === undefined) return `${path} stopped and was never spawned`;
    return agent.stoppedAt === undefined ? undefined : `${path} stopped twice`;
  },
  atEnd: ({ history }) => {
    for (const { path, stoppedAt } of history.agents.values()) {
      if (stoppedAt === undefined) return `${path} has no outcome`;
    }
    return undefined;
  },
};

const nothingAfterDeath: Invariant<InnerScene> = {
  name: "nothing is done by or to the dead",
  ofEvent: ({ type, path }, { history }) => {
    if (!DEEDS.has(type) || history.agents.get(path)?.stoppedAt === undefined) return undefined;
    return `${type} of ${path}, which has stopped`;
  },
};

const closedStartsNothing: Invariant<InnerScene> = {
  name: "cancelled subtrees start nothing",
  ofEvent: ({ type, path }, { history }) => {
    // A closed path may have a new agent, unless it was closed together with an ancestor.
    const by = type === "agent.spawned" ? path.slice(0, path.lastIndexOf("/")) : path;
    return STARTS.has(type) && history.isClosed(by) ? `${type} of ${path}` : undefined;
  },
};

const childrenFirst: Invariant<InnerScene> = {
  name: "children are gone before their parent's outcome",
  ofEvent: ({ type, path }, { history }) => {
    if (type !== "agent.stopped") return undefined;
    for (const { path: below, stoppedAt } of history.agents.values()) {
      if (below === path || !isAtOrBelow(below, path) || stoppedAt !== undefined) continue;
      return `${path} has an outcome, and ${below} none`;
    }
    return undefined;
  },
};

const onceEach: Invariant<InnerScene> = {
  name: "each call takes effect once",
  ofEvent: (event: AnyEvent, { history }) => {
    const call = history.toolCalls.get(String(event.callId));
    if (event.type === "tool.started" && (call?.started ?? 0) > 0) return twice(event);
    if (event.type !== "tool.finished") return undefined;
    // A call that a person answered in the tool's place has never begun.
    if (event.standIn === true) return call === undefined ? undefined : twice(event);
    return call === undefined || call.finished >= call.started ? twice(event) : undefined;
  },
  ofStep: ({ history, swarm }) => {
    for (const [callId, { executed, tool }] of history.toolCalls) {
      if (executed > 1 && !swarm.parts.toolbox.isIdempotent(tool)) {
        return `${callId} ran ${tool} ${executed} times`;
      }
    }
    const spawning = new Set<string>();
    for (const { foregroundCall: callId } of swarm.kernel.tree.nodes.values()) {
      if (callId === undefined) continue;
      if (spawning.has(callId)) return `${callId} spawned two agents`;
      spawning.add(callId);
    }
    return undefined;
  },
  atEnd: ({ history }) => {
    for (const [callId, { started, finished }] of history.toolCalls) {
      if (started !== finished) return `${callId} was started and never finished`;
    }
    for (const callId of history.modelCalls.keys()) {
      return `${callId} was not finished as often as it was started`;
    }
    return undefined;
  },
};

const intensity: Invariant<InnerScene> = {
  name: "nobody is restarted more often than allowed",
  ofEvent: ({ type, path, cause }: AnyEvent, { history, swarm }) => {
    if (type !== "agent.restarted") return undefined;
    if ((cause as { readonly path?: string }).path !== path) return undefined;
    const rule = swarm.kernel.find(path)?.parent?.childSpec.intensity;
    const { maxRestarts, withinMs } = { ...DEFAULT_INTENSITY, ...rule };
    // A restart is counted at the failure and reported after a delay: only half of the window is
    // certain.
    const times = history.restarts.get(keeperOf(path)) ?? [];
    const now = swarm.clock.now();
    const lately = times.filter((time) => now - time < withinMs / 2).length + 1;
    if (lately <= maxRestarts) return undefined;
    return `${path} begins anew as number ${lately} of ${maxRestarts} in ${withinMs} ms`;
  },
};

const dated: Invariant<InnerScene> = {
  name: "each event has its date",
  ofEvent: ({ type, at }, { swarm }) => {
    const date = Math.floor(swarm.clock.wall());
    return at === date ? undefined : `${type} is of ${at}, and it is ${date}`;
  },
};

const nothingEarly: Invariant<InnerScene> = {
  name: "nobody's time is over before it has passed",
  ofEvent: ({ type, path, outcome }: AnyEvent, { history, swarm }) => {
    if (type !== "agent.stopped") return undefined;
    if ((outcome as { readonly status?: string }).status !== "timed-out") return undefined;
    for (let node = swarm.kernel.find(path); node !== undefined; node = node.parent) {
      const { timeoutMs = Number.POSITIVE_INFINITY } = node.childSpec;
      const { spawnedMs = 0 } = history.agents.get(node.path) ?? {};
      if (swarm.clock.now() - spawnedMs >= timeoutMs) return undefined;
    }
    return `${path} had time left, and so had everybody above it`;
  },
};

const livesWhereItIsTold: Invariant<InnerScene> = {
  name: "agents live where the events say",
  ofEvent: ({ type, path, from, to }: AnyEvent, { history }) => {
    if (type !== "agent.moved") return undefined;
    const { host } = history.agents.get(path) ?? {};
    if (from !== host) return `${path} moved from ${from}, and was on ${host}`;
    return from === to ? `${path} moved from ${from} to itself` : undefined;
  },
  ofStep: ({ history, swarm }) => {
    for (const { path, host } of swarm.kernel.tree.nodes.values()) {
      const reported = history.agents.get(path)?.host;
      if (host !== undefined && host !== reported)
        return `${path} lives on ${host}, told was ${reported}`;
    }
    return undefined;
  },
};

const nothingThrows: Invariant<InnerScene> = {
  name: "nothing throws",
  ofEvent: ({ type, path, doing, error }: AnyEvent) => {
    if (type !== "runtime.fault") return undefined;
    const { message } = error as { readonly message: string };
    return `${doing} for ${path} threw: ${message}`;
  },
};

/** Invariants that are checked on events. */
export const eventInvariants: readonly Invariant<InnerScene>[] = [
  gapFree,
  oneOutcome,
  nothingAfterDeath,
  closedStartsNothing,
  childrenFirst,
  onceEach,
  intensity,
  dated,
  nothingEarly,
  livesWhereItIsTold,
  nothingThrows,
];

function twice({ type, callId }: AnyEvent): string {
  return `${type} of ${String(callId)} for the second time`;
}
