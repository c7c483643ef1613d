import { CoppiceError, type ErrorCode } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import { tellIfOver } from "./asks.ts";
import type { Blame, Running } from "./blame.ts";
import { requestModel, settleSlot } from "./calls.ts";
import { flush } from "./dispatch.ts";
import { finish } from "./ends.ts";
import { keepLastGood } from "./last-good.ts";
import { MOVES_ALLOWED } from "./limits.ts";
import type { Node } from "./node.ts";
import { awaitsModel, tryAlone } from "./quarantine.ts";
import { loseStreams } from "./streams.ts";
import { isAway } from "./supervision.ts";
import type { Tree } from "./tree.ts";

/** A host's timers are known here a little later than they run there. */
const TIMER_SLACK_MS = 1_000;

/**
 * Makes good the loss of a host: whoever is known to have caused it ends `killed`. Every other
 * agent that lived there goes on elsewhere from its last committed frame, what it had not taken
 * in is delivered again, and pending calls stay pending.
 *
 * Frames that the host posted before it died must have been committed before.
 */
export function loseHost(tree: Tree, host: string, { reason, blame, isCaused }: Loss): void {
  const residents = new Set(tree.residences.of(host).filter((node) => tree.has(node)));
  // A host is also ended because of whom to kill there.
  const isForced = tree.residences.isForced(host);
  // All of them first: who ends below takes others along, and none can be asked there any more.
  tree.residences.lose(host, residents);
  const isKnown = isCaused || isForced || isCauseKnown([...residents], blame, tree.now);
  const guilty = new Map<Node, Running>();
  for (const running of blame?.running ?? []) {
    const node = tree.nodes.get(running.path);
    const isHere = node !== undefined && residents.has(node);
    if (isHere && node.incarnation === running.incarnation) guilty.set(node, running);
  }
  if (blame !== undefined && blame.cause !== "not-started") {
    const { cause } = blame;
    for (const [node, { n }] of guilty) charge(tree, node, { n, reason, cause });
  }
  // On a host that never started nobody ran.
  const isUnknown = blame?.cause !== "not-started" && blame?.running.length === 0;
  const suspects = new Set<Node>();
  if (isUnknown) for (const node of residents) if (mayHoldThread(tree, node)) suspects.add(node);
  for (const node of residents) {
    if (node.finished !== undefined || isAway(node) || suspects.has(node)) continue;
    if (node.ending !== undefined) finish(tree, node, { status: "ended" });
    else if (blame?.isLasting)
      finish(tree, node, { status: "failed", error: noHost(node, reason) });
    else move(tree, node, reason, isKnown);
  }
  tryAlone(tree, suspects);
}

/** How a host was lost. */
export interface Loss {
  readonly reason: string;
  readonly blame?: Blame | undefined;
  /** Somebody of another run is known to have been the cause, or is suspected. */
  readonly isCaused?: boolean | undefined;
}

/** Whether anybody of those who lived there is the cause of the loss, or is suspected. */
export function isCauseKnown(
  residents: readonly Node[],
  blame: Blame | undefined,
  now: number,
): boolean {
  if (blame === undefined) return false;
  const { cause, running } = blame;
  if (cause === "not-started") return true;
  if (running.length === 0) return residents.some((node) => mayHoldThread({ now }, node));
  return running.some(({ path, incarnation }) =>
    residents.some((node) => node.path === path && node.incarnation === incarnation),
  );
}

interface Charge {
  /** The last delivery that it had taken in. */
  readonly n: number | undefined;
  readonly reason: string;
  readonly cause: keyof typeof charges;
}

/** Ends an agent that brought its host down. Who is ending already keeps its first cause. */
function charge(tree: Tree, node: Node, { n = 0, reason, cause }: Charge): void {
  if (node.ending !== undefined) return;
  // What it was at when it did that is not given to its next incarnation.
  keepLastGood(node, n);
  // Whoever has taken something in had come up, though no frame of it has arrived.
  if (n > node.mailbox.covered) node.cameUp = true;
  node.mailbox.cover(Math.min(n, node.mailbox.last));
  const { code, crime, advice } = charges[cause];
  const why = reason.startsWith(crime) ? reason : `${crime}: ${reason}`;
  const told = `${node.path} was killed. ${why}. ${advice}`;
  const error = encodeError(new CoppiceError(code, told.trim()), code);
  finish(tree, node, { status: "killed", reason: why, error });
}

const charges: Readonly<
  Record<Exclude<Blame["cause"], "not-started">, { code: ErrorCode; crime: string; advice: string }>
> = {
  froze: {
    code: "HOST_LOST",
    crime: "It ran away and froze its host",
    advice: "Give long work to a tool, or the agent a process of its own",
  },
  exited: {
    code: "HOST_LOST",
    crime: "It ended its host",
    advice: "Catch what its module throws, and do not call process.exit",
  },
  "out-of-memory": { code: "OUT_OF_MEMORY", crime: "OUT_OF_MEMORY", advice: "" },
};

function noHost({ path }: Node, reason: string): WireError {
  const told = `${path} has no host to live on, as none can be started. The last: ${reason}`;
  return encodeError(new CoppiceError("HOST_LOST", told), "HOST_LOST");
}

/** The net below all that: where nobody is found, who loses host after host at work fails. */
function move(tree: Tree, node: Node, reason: string, isCauseKnown: boolean): void {
  const counts = !isCauseKnown && mayHaveRun(tree, node);
  if (counts && node.moves >= MOVES_ALLOWED) {
    const lost = `${node.moves + 1} hosts without a step between`;
    const message = `${node.path} lost ${lost}; the last: ${reason}`;
    const error = encodeError(new CoppiceError("HOST_LOST", message), "HOST_LOST");
    return finish(tree, node, { status: "failed", error });
  }
  if (counts) node.moves += 1;
  tree.emit({ type: "place", node, moved: true });
}

/** Only who was at work, or had a timer due, can have brought its host down. */
function mayHaveRun(tree: Tree, node: Node): boolean {
  return node.slot || hasTimerDue(tree, node);
}

/** Who waits for a call with nothing else to do was not on the thread when it froze. */
function mayHoldThread(tree: Pick<Tree, "now">, node: Node): boolean {
  if (node.ending !== undefined || node.finished !== undefined) return false;
  const { busy, status, mailbox } = node;
  if (busy || status === "starting" || mailbox.unacknowledged.length > 0) return true;
  return hasTimerDue(tree, node) || awaitsModel(node);
}

function hasTimerDue(tree: Pick<Tree, "now">, { timers = [], timersAt }: Node): boolean {
  return timers.some(({ dueMs }) => timersAt + dueMs <= tree.now + TIMER_SLACK_MS);
}

/** The agent lives on `host` now: it gets what is undelivered, and its lost model calls again. */
export function placed(tree: Tree, node: Node, host: string, moved: boolean): void {
  const from = node.lostHost;
  node.lostHost = undefined;
  tree.residences.settle(node, host);
  if (!moved) {
    tree.fact("agent.started", node.path, { host });
    return flush(tree, node);
  }
  if (from !== undefined) tree.fact("agent.moved", node.path, { from, to: host });
  // A permit belongs to the stream that went down with the host; a new one is asked for below.
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
