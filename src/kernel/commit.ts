import type { EventBody } from "../wire/event.ts";
import type { AgentEnd, Frame, Out } from "../wire/frame.ts";
import type { WireError } from "../wire/outcome.ts";
import { request, settleSlot } from "./calls.ts";
import { undeliverable } from "./dead-letters.ts";
import { flush } from "./dispatch.ts";
import { finish, maybeComplete } from "./ends.ts";
import { keepLastGood } from "./last-good.ts";
import type { Call, Node } from "./node.ts";
import { acquit, leaveTrial } from "./quarantine.ts";
import { cameBack } from "./restarts.ts";
import type { Tree } from "./tree.ts";
import { mailTaken } from "./user-mail.ts";

/**
 * Applies a frame whole or not at all.
 *
 * The sender is the port: a path, incarnation or call that does not live on the host the frame
 * came from is a forgery, and condemns that host.
 */
export function commit(tree: Tree, host: string, frame: Frame): void {
  if (tree.residences.isDistrusted(host)) return;
  const node = tree.nodes.get(frame.path);
  if (node === undefined || node.host !== host || node.incarnation !== frame.incarnation) {
    if (tree.residences.departed(host, frame.path, frame.incarnation)) return;
    return condemn(tree, host, `it spoke for ${frame.path}, which does not live there`);
  }
  const forgery = findForgery(node, frame);
  if (forgery !== undefined) return condemn(tree, host, forgery);

  if (isStep(node, frame)) {
    node.moves = 0;
    acquit(tree, node);
  }
  // The state that it failed in is not one to come back to.
  const last = frame.out.at(-1);
  const isLast = last?.type === "done";
  const isUp = frame.arriving !== true && !(isLast && failedAtStart(last.end));
  if (isUp) node.cameUp = true;
  if (isLast) keepLastGood(node, frame.upTo);
  const isKept = !isLast && node.lastGood === undefined;
  if (node.mailbox.cover(frame.upTo)) node.turnEnded = undefined;
  if (frame.state !== undefined && isKept) node.state = frame.state;
  if (frame.timers !== undefined && isKept) {
    node.timers = frame.timers;
    node.timersAt = tree.now;
  }
  if (frame.append !== undefined) node.transcript.push(...frame.append);
  if (frame.value !== undefined) {
    node.value = frame.value;
    for (const state of frame.passed ?? []) tree.fact("agent.state", node.path, { state });
    tree.fact("agent.state", node.path, { state: frame.value, ...leftOutOf(frame) });
  }
  node.busy = frame.busy;
  if (node.status === "starting") node.status = node.slot ? "running" : "waiting";
  for (const out of frame.out) {
    apply(tree, node, out);
    if (node.finished !== undefined) return;
  }
  mailTaken(tree, node);
  settleSlot(tree, node);
  maybeComplete(tree, node);
  leaveTrial(tree, node);
  if (isUp) cameBack(tree, node);
}

/** What the arbiter is asked, or what the kernel itself can answer. */
function apply(tree: Tree, node: Node, out: Out): void {
  switch (out.type) {
    case "done":
      return finish(tree, node, out.end);
    case "turn-end":
      node.idle = { output: out.output };
      node.turnEnded = node.idle;
      return flush(tree, node);
    case "turn.failed":
      return tree.fact("turn.failed", node.path, failureOf(out.error));
    case "emitted":
      return tree.fact("agent.emitted", node.path, { event: out.event, ...leftOutOf(out) });
    case "reply":
    case "reply.failed":
      return answer(tree, node, out);
    case "output":
    case "model.retried":
    case "model.grew":
      return tree.emit({ type: "report", node, out });
    case "model.done":
      if (node.calls.delete(out.callId)) tree.emit({ type: "report", node, out });
      return;
    default:
      return request(tree, node, out);
  }
}

function leftOutOf({ leftOut }: { readonly leftOut?: number }): EventBody {
  return leftOut === undefined ? {} : { leftOut };
}

function failedAtStart(end: AgentEnd): boolean {
  return end.status === "failed" && end.atStart === true;
}

function failureOf({ code, message, details: { stopReason } }: WireError): EventBody {
  return { code, message, ...(typeof stopReason === "string" ? { stopReason } : {}) };
}

function answer(
  tree: Tree,
  node: Node,
  out: Extract<Out, { type: "reply" | "reply.failed" }>,
): void {
  const { askId } = out;
  const message = out.type === "reply" ? out.value : { ...out.error };
  if (tree.asks.get(askId) !== node) {
    const reason = "nobody waits for this answer";
    const to = tree.leftAsks.get(askId) ?? "/";
    return undeliverable(tree, node, { from: node.path, to, reason, message });
  }
  tree.forgetAsk(askId);
  if (out.type === "reply") tree.emit({ type: "answer", askId, value: out.value });
  else tree.emit({ type: "answer-failed", askId, error: out.error });
}

/** Says what a frame claims that its agent cannot have: nothing of such a frame is applied. */
function findForgery(node: Node, frame: Frame): string | undefined {
  if (frame.upTo > node.mailbox.last) return `it covered deliveries ${node.path} never had`;
  for (const out of frame.out) {
    if ("callId" in out && !out.callId.startsWith(node.callPrefix)) {
      return `it spoke of call ${out.callId} as ${node.path}`;
    }
    const isOfStream = out.type === "model.done" || out.type === "model.grew";
    if (isOfStream && !isOwnStream(node.calls.get(out.callId))) {
      return `it spoke for call ${out.callId}, which is not a stream of ${node.path}`;
    }
  }
  return undefined;
}

/** What a stream says that is begun once more. */
const AGAIN: ReadonlySet<Out["type"]> = new Set(["output", "model.retried", "model.grew"]);

/** False for a frame that only begins again what an agent was at when its last host was lost. */
function isStep({ mailbox }: Node, { out, upTo, value }: Frame): boolean {
  if (value !== undefined) return true;
  if (out.some(({ type }) => !AGAIN.has(type))) return true;
  return mailbox.unacknowledged.some(({ n, body }) => n <= upTo && body.type !== "permit");
}

/** Other calls are settled by who runs them; one that is gone may have crossed its end. */
function isOwnStream(call: Call | undefined): boolean {
  return call === undefined || (call.out.type === "model" && call.out.job === undefined);
}

function condemn(tree: Tree, host: string, reason: string): void {
  tree.residences.distrust(host);
  tree.emit({ type: "condemn", host, reason });
}
