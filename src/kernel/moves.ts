import { CoppiceError, type ErrorCode } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import { tellIfOver } from "./asks.ts";
import type { Blame, Running } from "./blame.ts";
import { requestModel, settleSlot } from "./calls.ts";
import { flush } from "./dispatch.ts";
import { finish } from "./ends.ts";
import { MAX_MOVES } from "./limits.ts";
import type { Node } from "./node.ts";
import { awaitsModel, quarantineAll } from "./quarantine.ts";
import { keepRestartPoint } from "./restart-point.ts";
import { loseStreams } from "./streams.ts";
import { isAway } from "./supervision.ts";
import type { Tree } from "./tree.ts";

/** Tolerance in milliseconds: the kernel learns of a host's timers a little after they start. */
const TIMER_SLACK_MS = 1_000;

/**
 * Recovers the run from the loss of a host.
 *
 * An agent that is known to have caused the loss ends `killed`. Suspects are quarantined. Every
 * other living agent is placed elsewhere and continues from its last committed frame: deliveries
 * that it had not taken in are sent again, and pending calls stay pending.
 *
 * **Gotcha** frames that the host posted before it ended must be committed before this call.
 */
export function loseHost(tree: Tree, host: string, { reason, blame, isCaused }: Loss): void {
  const agents = new Set(tree.locations.of(host).filter((node) => tree.has(node)));
  // A forced host was terminated in order to kill an agent on it, so the cause is known.
  const isForced = tree.locations.isForced(host);
  // All agents lose the host first: one that ends below may end others, and the host is gone.
  tree.locations.lose(host, agents);
  const isKnown = isCaused || isForced || isCauseKnown([...agents], blame, tree.now);
  const guilty = new Map<Node, Running>();
  for (const running of blame?.running ?? []) {
    const node = tree.nodes.get(running.path);
    const isHere = node !== undefined && agents.has(node);
    if (isHere && node.incarnation === running.incarnation) guilty.set(node, running);
  }
  if (blame !== undefined && blame.cause !== "not-started") {
    const { cause } = blame;
    for (const [node, { n }] of guilty) charge(tree, node, { n, reason, cause });
  }
  // No agent has run on a host that never started.
  const isUnknown = blame?.cause !== "not-started" && blame?.running.length === 0;
  const suspects = new Set<Node>();
  if (isUnknown) for (const node of agents) if (mayHoldThread(tree, node)) suspects.add(node);
  for (const node of agents) {
    if (node.finished !== undefined || isAway(node) || suspects.has(node)) continue;
    if (node.ending !== undefined) finish(tree, node, { status: "ended" });
    else if (blame?.isLasting)
      finish(tree, node, { status: "failed", error: noHost(node, reason) });
    else move(tree, node, reason, isKnown);
  }
  quarantineAll(tree, suspects);
}

/** The circumstances of the loss of a host. */
export interface Loss {
  readonly reason: string;
  readonly blame?: Blame | undefined;
  /** True when the cause is known or suspected, in whichever run. */
  readonly isCaused?: boolean | undefined;
}

/**
 * True when the cause of a loss is known or suspected: one of the host's agents, or a host that
 * never started.
 */
export function isCauseKnown(
  agents: readonly Node[],
  blame: Blame | undefined,
  now: number,
): boolean {
  if (blame === undefined) return false;
  const { cause, running } = blame;
  if (cause === "not-started") return true;
  if (running.length === 0) return agents.some((node) => mayHoldThread({ now }, node));
  return running.some(({ path, incarnation }) =>
    agents.some((node) => node.path === path && node.incarnation === incarnation),
  );
}

interface Charge {
  /** The last delivery that the agent had taken in. */
  readonly n: number | undefined;
  readonly reason: string;
  readonly cause: keyof typeof faults;
}

/** Kills an agent that brought its host down. An agent that is ending keeps its first cause. */
function charge(tree: Tree, node: Node, { n = 0, reason, cause }: Charge): void {
  if (node.ending !== undefined) return;
  // The delivery that it failed on is not given to its next incarnation.
  keepRestartPoint(node, n);
  // An agent that has taken a delivery in had come up, even if no frame of it has arrived.
  if (n > node.mailbox.covered) node.cameUp = true;
  node.mailbox.cover(Math.min(n, node.mailbox.last));
  const { code, fault, advice } = faults[cause];
  const why = reason.startsWith(fault) ? reason : `${fault}: ${reason}`;
  const message = `${node.path} was killed. ${why}. ${advice}`;
  const error = encodeError(new CoppiceError(code, message.trim()), code);
  finish(tree, node, { status: "killed", reason: why, error });
}

const faults: Readonly<
  Record<Exclude<Blame["cause"], "not-started">, { code: ErrorCode; fault: string; advice: string }>
> = {
  froze: {
    code: "HOST_LOST",
    fault: "It ran away and froze its host",
    advice: "Give long work to a tool, or the agent a process of its own",
  },
  exited: {
    code: "HOST_LOST",
    fault: "It ended its host",
    advice: "Catch what its module throws, and do not call process.exit",
  },
  "out-of-memory": { code: "OUT_OF_MEMORY", fault: "OUT_OF_MEMORY", advice: "" },
};

function noHost({ path }: Node, reason: string): WireError {
  const message = `${path} has no host to live on, as none can be started. The last: ${reason}`;
  return encodeError(new CoppiceError("HOST_LOST", message), "HOST_LOST");
}

/**
 * Places an agent on another host. When no cause is ever found, an agent at work that has lost
 * {@link MAX_MOVES} hosts without a step between fails at the next loss.
 */
function move(tree: Tree, node: Node, reason: string, isCauseKnown: boolean): void {
  const counts = !isCauseKnown && mayHaveRun(tree, node);
  if (counts && node.moves >= MAX_MOVES) {
    const lost = `${node.moves + 1} hosts without a step between`;
    const message = `${node.path} lost ${lost}; the last: ${reason}`;
    const error = encodeError(new CoppiceError("HOST_LOST", message), "HOST_LOST");
    return finish(tree, node, { status: "failed", error });
  }
  if (counts) node.moves += 1;
  tree.emit({ type: "place", node, moved: true });
}

/** True for an agent that was at work or had a timer due: only it can have ended its host. */
function mayHaveRun(tree: Tree, node: Node): boolean {
  return node.slot || hasTimerDue(tree, node);
}

/**
 * True for an agent that may have occupied the host's thread. An agent that only waits for a call
 * cannot have, unless the call is a model call, which may stream on the host.
 */
function mayHoldThread(tree: Pick<Tree, "now">, node: Node): boolean {
  if (node.ending !== undefined || node.finished !== undefined) return false;
  const { busy, status, mailbox } = node;
  if (busy || status === "starting" || mailbox.unacknowledged.length > 0) return true;
  return hasTimerDue(tree, node) || awaitsModel(node);
}

function hasTimerDue(tree: Pick<Tree, "now">, { timers = [], timersAt }: Node): boolean {
  return timers.some(({ dueMs }) => timersAt + dueMs <= tree.now + TIMER_SLACK_MS);
}

/**
 * Records that the agent lives on `host`, and delivers its waiting mail. A moved agent gets its
 * uncovered deliveries again, and its lost model calls are asked for again.
 */
export function placed(tree: Tree, node: Node, host: string, moved: boolean): void {
  const from = node.lostHost;
  node.lostHost = undefined;
  tree.locations.settle(node, host);
  if (!moved) {
    tree.fact("agent.started", node.path, { host });
    return flush(tree, node);
  }
  if (from !== undefined) tree.fact("agent.moved", node.path, { from, to: host });
  // A permit belongs to the stream that was lost with the host; a new one is asked for below.
  for (const { n, body } of node.mailbox.recall((body) => body.type !== "permit")) {
    tree.emit({ type: "deliver", node, n, body });
    tellIfOver(tree, node, body);
  }
  for (const call of loseStreams(tree, node)) {
    call.attempt += 1;
    requestModel(tree, node, call);
  }
  flush(tree, node);
  settleSlot(tree, node);
}
