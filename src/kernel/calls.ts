import { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import { type Command, callIdOf } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { isWorking, post, rest, steer, wake } from "./dispatch.ts";
import { codeOf, type End, errorOf } from "./end.ts";
import { MAX_MOVES } from "./limits.ts";
import type { Call, Node } from "./node.ts";
import { denyTell, isSaying, isTell, pass, type Saying } from "./tells.ts";
import type { Tree } from "./tree.ts";
import { unknownAgent } from "./unknown-agent.ts";

/** A command that asks for something, and gets a result under its call id. */
export type AgentRequest = Extract<
  Command,
  {
    type: "tool" | "model" | "spawn" | "send" | "ask" | "watch" | "wait" | "cancel" | "question";
  }
>;

/** True when a call may begin or continue: its agent is open and waits for exactly this call. */
export function isWanted(node: Node, command: Command): boolean {
  const callId = callIdOf(command);
  return !node.closed && callId !== undefined && node.calls.get(callId)?.command === command;
}

/** Takes up a request; without a slot, the request is deferred until the agent has one. */
export function request(tree: Tree, node: Node, command: AgentRequest | Saying): void {
  if (isSaying(command)) return pass(tree, node, command);
  if (node.closed || node.calls.has(command.callId)) return;
  if (!wake(tree, node)) {
    node.waitingRequests.push(command);
    return;
  }
  const deferred = command.type === "model" && command.after === "results";
  const call: Call = { command, state: deferred ? "deferred" : "working", attempt: 1 };
  node.calls.set(command.callId, call);
  if (command.type === "model") {
    if (deferred) askForModel(tree, node);
    else requestModel(tree, node, call);
  } else tree.emit({ type: "request", node, command });
}

/** Asks for the deferred model call once the agent has no other call under way. */
export function askForModel(tree: Tree, node: Node): void {
  let deferred: Call | undefined;
  for (const call of node.calls.values()) {
    if (call.state !== "deferred") return;
    deferred = call;
  }
  if (deferred !== undefined) requestModel(tree, node, deferred);
}

/** Asks the arbiter for a model call; a loop first receives the messages that wait for it. */
export function requestModel(tree: Tree, node: Node, call: Call): void {
  // A result may still arrive for an agent that is ending; the next model call then takes no slot.
  if (node.closed) return;
  // With this call counted as working, a paused agent would keep its slot and never be woken.
  call.state = "deferred";
  call.permitted = false;
  if (!wake(tree, node)) {
    node.calls.delete(call.command.callId);
    node.waitingRequests.push(call.command as AgentRequest);
    return;
  }
  call.state = "working";
  if (node.childSpec.loop) steer(tree, node);
  tree.emit({ type: "model", node, call });
}

/** Gives a call its result. After the last result, the deferred model call is asked for. */
export function settleCall(tree: Tree, node: Node, callId: string, result: CallResult): void {
  const command = node.calls.get(callId)?.command;
  if (command === undefined) return;
  node.calls.delete(callId);
  if (!isTell(command)) post(tree, node, { type: "result", callId, result });
  else if (result.isError) denyTell(tree, node, command, result.error);
  askForModel(tree, node);
  settleSlot(tree, node);
}

/** Marks a call as one that needs no slot: it waits for a child, a budget, a person or an agent. */
export function idleCall(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined) return;
  call.state = "idle";
  settleSlot(tree, node);
}

/** Asks for a call again at the time `until`; the call needs no slot before. */
export function postpone(tree: Tree, node: Node, callId: string, until: number): void {
  const call = node.calls.get(callId);
  if (call === undefined) return;
  call.until = until;
  tree.deadlines.add(until, { type: "again", node, callId });
  idleCall(tree, node, callId);
}

/** Asks for a postponed call, unless its agent no longer waits for it. */
export function endWait(tree: Tree, node: Node, callId: string): void {
  const { until } = node.calls.get(callId) ?? {};
  if (until !== undefined && until <= tree.now) again(tree, node, callId);
}

/** Asks for a call once more, from the beginning. */
export function again(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined || node.closed) return;
  node.calls.delete(callId);
  request(tree, node, call.command as AgentRequest);
}

/**
 * Asks again for a model job whose host was lost, as the same turn.
 *
 * After {@link MAX_MOVES} repeats the call fails with HOST_LOST.
 */
export function retryModel(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined || node.closed) return;
  if (call.attempt > MAX_MOVES) {
    const lost = new CoppiceError("HOST_LOST", `${callId} lost ${call.attempt} hosts`);
    const error = encodeError(lost, "HOST_LOST");
    return settleCall(tree, node, callId, { isError: true, error });
  }
  call.attempt += 1;
  node.turns -= 1;
  requestModel(tree, node, call);
}

/** Gives the slot back when none of the agent's calls needs it. */
export function settleSlot(tree: Tree, node: Node): void {
  if (!node.slot || node.busy || node.host === undefined || node.status === "starting") return;
  if (node.ending !== undefined || node.mailbox.unacknowledged.length > 0) return;
  if (!isWorking(node)) rest(tree, node);
}

/** Reports a child's end to the parent's `wait` calls; returns true when one waited for it. */
export function settleWaits(tree: Tree, parent: Node, child: Node): boolean {
  let waited = false;
  for (const [callId, call] of parent.calls) {
    if (call.children?.delete(child) !== true) continue;
    waited = true;
    call.reports?.set(child, childReport(child, tree.endOf(child)));
    if (call.children.size === 0) settleCall(tree, parent, callId, report(call));
  }
  return waited;
}

/** Returns a child's outcome as the value that its parent, or the parent's model, reads. */
export function childReport(child: Node, end: End): { readonly [key: string]: Json | undefined } {
  const about = { name: child.name, path: child.path, status: end.status };
  switch (end.status) {
    case "completed":
      return { ...about, output: end.output };
    case "failed":
      return { ...about, ...fault(end.error), ...kept(end) };
    case "exhausted":
      return { ...about, unit: end.unit, ...kept(end) };
    case "timed-out":
      return { ...about, ...kept(end) };
    case "killed":
      return { ...about, reason: end.reason, ...fault(end.error), ...kept(end) };
    default:
      return { ...about, reason: end.reason, ...kept(end) };
  }
}

function fault(error: WireError | undefined): { readonly error?: Json } {
  return error === undefined ? {} : { error: { code: error.code, message: error.message } };
}

/** Returns a foreground child's outcome as the result of the call that spawned it. */
export function childResult(child: Node, end: End): CallResult {
  if (end.status === "completed") return { isError: false, value: end.output };
  const details = childReport(child, end);
  const error =
    errorOf(end) ??
    encodeError(
      new CoppiceError(codeOf(end), `${child.path} ended ${end.status}`, details),
      codeOf(end),
    );
  return { isError: true, error, ...kept(end) };
}

/** Takes up a `wait`, after the requests before it, such as a spawn, have been carried out. */
export function waitFor(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call?.command.type !== "wait") return;
  const { names } = call.command;
  const all = [...node.children.values()].filter((child) => child.foregroundCall === undefined);
  const waited = names === undefined ? all.filter((child) => child.end === undefined) : [];
  for (const name of names ?? []) {
    const child = node.children.get(name.slice(name.lastIndexOf("/") + 1));
    if (child === undefined) {
      const error = encodeError(unknownAgent(tree, node, name), "AGENT_UNKNOWN");
      const refusal = { isError: true, error } as const;
      return settleCall(tree, node, callId, refusal);
    }
    waited.push(child);
  }
  call.waited = waited;
  call.children = new Set(waited.filter((child) => child.end === undefined));
  const ended = waited.filter((child) => child.end !== undefined);
  // Read now, because the end of an agent is not kept for ever.
  call.reports = new Map(ended.map((child) => [child, childReport(child, tree.endOf(child))]));
  if (call.children.size === 0) settleCall(tree, node, callId, report(call));
  else idleCall(tree, node, callId);
}

function report(call: Call): CallResult {
  const value = (call.waited ?? []).map((child) => call.reports?.get(child) ?? null);
  return { isError: false, value };
}

/** Returns the partial result of an agent that did not complete, if it has one. */
export function kept(end: End): { readonly partial?: Json } {
  return "partial" in end && end.partial !== undefined ? { partial: end.partial } : {};
}
