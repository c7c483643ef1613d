import { CoppiceError } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import { requestModel, settleSlot } from "./calls.ts";
import { flush } from "./dispatch.ts";
import { finish } from "./ends.ts";
import { MOVES_ALLOWED } from "./limits.ts";
import type { Call, Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** A host's timers are known here a little later than they run there. */
const TIMER_SLACK_MS = 1_000;

/**
 * Makes good the loss of a host: every agent that lived there goes on elsewhere from its last
 * committed frame, what it had not taken in is delivered again, and pending calls stay pending.
 *
 * Frames that the host posted before it died must have been committed before.
 */
export function loseHost(tree: Tree, host: string, reason: string): void {
  const residents = tree.residences.of(host);
  tree.residences.forgetHost(host);
  for (const node of residents) {
    node.host = undefined;
    if (node.ending !== undefined) {
      loseModelCalls(tree, node);
      finish(tree, node, { status: "ended" });
    } else if (mayHaveRun(tree, node) && node.moves >= MOVES_ALLOWED) {
      loseModelCalls(tree, node);
      const lost = `${node.moves + 1} hosts without a step between`;
      const message = `${node.path} lost ${lost}; the last: ${reason}`;
      const error = encodeError(new CoppiceError("HOST_LOST", message), "HOST_LOST");
      finish(tree, node, { status: "failed", error });
    } else {
      if (mayHaveRun(tree, node)) node.moves += 1;
      tree.emit({ type: "place", node, moved: true });
    }
  }
}

/** Only who was at work, or had a timer due, can have brought its host down. */
function mayHaveRun(tree: Tree, { slot, timers = [], timersAt }: Node): boolean {
  return slot || timers.some(({ dueMs }) => timersAt + dueMs <= tree.now + TIMER_SLACK_MS);
}

/** The agent lives on `host` now: it gets what is undelivered, and its lost model calls again. */
export function placed(tree: Tree, node: Node, host: string, moved: boolean): void {
  tree.residences.settle(node, host);
  if (!moved) {
    tree.fact("agent.started", node.path, { host });
    return flush(tree, node);
  }
  // A permit belongs to the stream that went down with the host; a new one is asked for below.
  for (const { n, body } of node.mailbox.recall((body) => body.type !== "permit")) {
    tree.emit({ type: "deliver", node, n, body });
  }
  for (const call of loseModelCalls(tree, node)) {
    call.attempt += 1;
    requestModel(tree, node, call);
  }
  flush(tree, node);
  settleSlot(tree, node);
}

/**
 * Settles the model calls that streamed on the lost host, what they cost being an estimate; asked
 * for again they are the same turn. A permit that is still here began no stream.
 */
function loseModelCalls(tree: Tree, node: Node): readonly Call[] {
  const { system } = node.mailbox;
  const waits = new Set(system.map((body) => (body.type === "permit" ? body.callId : undefined)));
  const lost = [...node.calls.values()].filter(
    ({ out, state }) =>
      out.type === "model" &&
      out.job === undefined &&
      state === "working" &&
      !waits.has(out.callId),
  );
  for (const { out } of lost) tree.emit({ type: "model-lost", node, callId: out.callId });
  node.turns -= lost.length;
  return lost;
}
