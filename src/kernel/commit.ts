import type { EventBody } from "../wire/event.ts";
import { type AgentEnd, type Command, callIdOf, type Frame } from "../wire/frame.ts";
import type { WireError } from "../wire/outcome.ts";
import { answer } from "./asks.ts";
import { request, settleSlot } from "./calls.ts";
import { flush } from "./dispatch.ts";
import { maybeComplete } from "./ends.ts";
import { leave } from "./leaving.ts";
import type { Call, Node } from "./node.ts";
import { clear, rejoin } from "./quarantine.ts";
import { keepRestartPoint } from "./restart-point.ts";
import { cameBack } from "./restarts.ts";
import { amountWith, isStateKept, takeState } from "./state.ts";
import { comesBack } from "./supervision.ts";
import { lapse, pass, takeRefusal, takeTell } from "./tells.ts";
import type { Tree } from "./tree.ts";
import { mailTaken } from "./user-mail.ts";

/**
 * Applies a frame whole or not at all.
 *
 * The port identifies the sender. A frame that speaks for an agent, an incarnation or a call that
 * does not live on the sending host is a forgery, and the host is terminated. Late frames of an
 * agent that has left the host are ignored.
 */
export function commit(tree: Tree, host: string, frame: Frame): void {
  if (tree.locations.isDistrusted(host)) return;
  const node = tree.nodes.get(frame.path);
  if (node === undefined || node.host !== host || node.incarnation !== frame.incarnation) {
    if (tree.locations.isFormer(host, frame.path, frame.incarnation)) return;
    return terminate(tree, host, `it spoke for ${frame.path}, which does not live there`);
  }
  const isKept = isStateKept(node, frame);
  const amount = isKept ? amountWith(node, frame) : undefined;
  const isForged = isKept && amount === undefined;
  const forgery = isForged
    ? `it changed a state of ${node.path} beyond it`
    : findForgery(node, frame);
  if (forgery !== undefined) return terminate(tree, host, forgery);

  if (isStep(node, frame)) {
    node.moves = 0;
    clear(tree, node);
  }
  const last = frame.commands.at(-1);
  const isLast = last?.type === "done";
  const isUp = frame.arriving !== true && !(isLast && failedAtStart(last.end));
  if (isUp) node.cameUp = true;
  if (isLast) keepRestartPoint(node, frame.upTo);
  if (node.mailbox.cover(frame.upTo)) node.turnEnded = undefined;
  if (amount !== undefined) takeState(node, frame, amount);
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
  const isUndone = isLast && goesBack(tree, node, last.end);
  for (const command of frame.commands) {
    if (isUndone && command.type === "tell") lapse(tree, node, command, UNDONE);
    else apply(tree, node, command);
    if (node.finished !== undefined || node.leaving !== undefined) return;
  }
  mailTaken(tree, node);
  settleSlot(tree, node);
  maybeComplete(tree, node);
  rejoin(tree, node);
  if (isUp) cameBack(tree, node);
}

/** Carries out one command, in the kernel itself or by an effect for the arbiter. */
function apply(tree: Tree, node: Node, command: Command): void {
  switch (command.type) {
    case "done":
      return leave(tree, node, command.end);
    case "tell":
      return takeTell(tree, node, command);
    case "tell.refused":
      return takeRefusal(tree, node, command);
    case "turn-end":
      node.idle = { output: command.output };
      node.turnEnded = node.idle;
      return flush(tree, node);
    case "turn.failed":
      return tree.fact("turn.failed", node.path, failureOf(command.error));
    case "emitted":
      return tree.fact("agent.emitted", node.path, { event: command.event, ...leftOutOf(command) });
    case "reply":
    case "reply.failed":
      return node.unsaid === 0 ? answer(tree, node, command) : pass(tree, node, command);
    case "output":
    case "model.retried":
    case "model.grew":
      return tree.emit({ type: "report", node, command });
    case "model.done":
      if (node.calls.delete(command.callId)) tree.emit({ type: "report", node, command });
      return;
    default:
      return request(tree, node, command);
  }
}

const UNDONE = "its sender failed in the step that sent it, and goes back to before that step";

/** True for a failure from which the agent restarts with the state before its last frame. */
function goesBack(tree: Tree, node: Node, end: AgentEnd): boolean {
  if (end.status !== "failed" || node.childSpec.restartFrom !== "snapshot") return false;
  return comesBack(tree, node, end);
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

/** Returns the claim that makes a frame a forgery; nothing of a forged frame is applied. */
function findForgery(node: Node, frame: Frame): string | undefined {
  if (frame.upTo > node.mailbox.last) return `it covered deliveries ${node.path} never had`;
  for (const command of frame.commands) {
    const callId = callIdOf(command);
    if (callId?.startsWith(node.callPrefix) === false) {
      return `it spoke of call ${callId} as ${node.path}`;
    }
    const isOfStream = command.type === "model.done" || command.type === "model.grew";
    if (isOfStream && !isOwnStream(node.calls.get(command.callId))) {
      return `it spoke for call ${command.callId}, which is not a stream of ${node.path}`;
    }
  }
  return undefined;
}

/** The commands that a model stream sends again when it is started again. */
const AGAIN: ReadonlySet<Command["type"]> = new Set(["output", "model.retried", "model.grew"]);

/** False for a frame that only repeats what the agent was doing when it lost its last host. */
function isStep({ mailbox }: Node, { commands, upTo, value }: Frame): boolean {
  if (value !== undefined) return true;
  if (commands.some(({ type }) => !AGAIN.has(type))) return true;
  return mailbox.unacknowledged.some(({ n, body }) => n <= upTo && body.type !== "permit");
}

/**
 * True for a model call that the agent's own host streams; the supervisor settles the others.
 * Also true for an unknown call: it may have ended while the frame was on its way.
 */
function isOwnStream(call: Call | undefined): boolean {
  return call === undefined || (call.command.type === "model" && call.command.job === undefined);
}

function terminate(tree: Tree, host: string, reason: string): void {
  tree.locations.distrust(host);
  tree.emit({ type: "terminate", host, reason });
}
