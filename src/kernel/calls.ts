import { CoppiceError } from "../errors.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { isWorking, post, rest, steer, wake } from "./dispatch.ts";
import { codeOf, type End, errorOf } from "./end.ts";
import { MOVES_ALLOWED } from "./limits.ts";
import type { Call, Node } from "./node.ts";
import type { Tree } from "./tree.ts";
import { unknownAgent } from "./unknown-agent.ts";

export type AgentRequest = Extract<
  Out,
  {
    type: "tool" | "model" | "spawn" | "send" | "ask" | "watch" | "wait" | "cancel" | "question";
  }
>;

/** The one condition under which a call begins, or goes on: its agent is open and waits for it. */
export function isWanted(node: Node, out: Out): boolean {
  return !node.closed && "callId" in out && node.calls.get(out.callId)?.out === out;
}

/** Takes up a request; one that comes while the agent has no slot is held until it has one. */
export function request(tree: Tree, node: Node, out: AgentRequest): void {
  if (node.closed || node.calls.has(out.callId)) return;
  if (!wake(tree, node)) {
    node.held.push(out);
    return;
  }
  const deferred = out.type === "model" && out.after === "results";
  const call: Call = { out, state: deferred ? "deferred" : "working", attempt: 1 };
  node.calls.set(out.callId, call);
  if (out.type === "model") {
    if (deferred) askForModel(tree, node);
    else requestModel(tree, node, call);
  } else tree.emit({ type: "request", node, out });
}

/** Asks for the model call that rode behind results, once no other call is under way. */
export function askForModel(tree: Tree, node: Node): void {
  let deferred: Call | undefined;
  for (const call of node.calls.values()) {
    if (call.state !== "deferred") return;
    deferred = call;
  }
  if (deferred !== undefined) requestModel(tree, node, deferred);
}

/** Asks the arbiter for a model call whose turn has come; the loop is told its messages first. */
export function requestModel(tree: Tree, node: Node, call: Call): void {
  // A result may still come for an agent that is ending: it takes no slot for what follows.
  if (node.closed) return;
  // Not at work while it is asked for: a paused agent would never be woken to ask again.
  call.state = "deferred";
  call.permitted = false;
  if (!wake(tree, node)) {
    node.calls.delete(call.out.callId);
    node.held.push(call.out as AgentRequest);
    return;
  }
  call.state = "working";
  if (node.birth.loop) steer(tree, node);
  tree.emit({ type: "model", node, call });
}

/** Gives a call its result; the model call that waited for the last of them is asked for. */
export function settleCall(tree: Tree, node: Node, callId: string, result: CallResult): void {
  if (!node.calls.delete(callId)) return;
  post(tree, node, { type: "result", callId, result });
  askForModel(tree, node);
  settleSlot(tree, node);
}

/** Marks a call as one that needs no slot: it waits for a child, a budget or other agents. */
export function idleCall(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined) return;
  call.state = "idle";
  settleSlot(tree, node);
}

/** Has a call asked for again at a later time; until then it needs no slot. */
export function postpone(tree: Tree, node: Node, callId: string, until: number): void {
  const call = node.calls.get(callId);
  if (call === undefined) return;
  call.until = until;
  tree.deadlines.add(until, { type: "again", node, callId });
  idleCall(tree, node, callId);
}

/** Asks for a call that was postponed, unless nobody waits for it any more. */
export function endWait(tree: Tree, node: Node, callId: string): void {
  const { until } = node.calls.get(callId) ?? {};
  if (until !== undefined && until <= tree.now) again(tree, node, callId);
}

/** Asks for a call once more, from the beginning. */
export function again(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined || node.closed) return;
  node.calls.delete(callId);
  request(tree, node, call.out as AgentRequest);
}

/** Asks again for a job whose host was lost, as the same turn, and not for ever. */
export function retryModel(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call === undefined || node.closed) return;
  if (call.attempt > MOVES_ALLOWED) {
    const lost = new CoppiceError("HOST_LOST", `${callId} lost ${call.attempt} hosts`);
    const error = encodeError(lost, "HOST_LOST");
    return settleCall(tree, node, callId, { isError: true, error });
  }
  call.attempt += 1;
  node.turns -= 1;
  requestModel(tree, node, call);
}

/** Gives the slot back when all that the agent waits for needs none. */
export function settleSlot(tree: Tree, node: Node): void {
  if (!node.slot || node.busy || node.host === undefined || node.status === "starting") return;
  if (node.ending !== undefined || node.mailbox.unacknowledged.length > 0) return;
  if (!isWorking(node)) rest(tree, node);
}

/** Tells those of a parent's `wait` calls that wait for this child; true when one did. */
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

/** The outcome of a child as the value that its parent, or its parent's model, reads. */
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

/** The outcome of a foreground child as the result of the call that spawned it. */
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

/** Takes up a `wait` once what was asked for before it, such as a spawn, has been carried out. */
export function waitFor(tree: Tree, node: Node, callId: string): void {
  const call = node.calls.get(callId);
  if (call?.out.type !== "wait") return;
  const { names } = call.out;
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
  // Now, because how they ended is not kept for ever.
  call.reports = new Map(ended.map((child) => [child, childReport(child, tree.endOf(child))]));
  if (call.children.size === 0) settleCall(tree, node, callId, report(call));
  else idleCall(tree, node, callId);
}

function report(call: Call): CallResult {
  const value = (call.waited ?? []).map((child) => call.reports?.get(child) ?? null);
  return { isError: false, value };
}

/** What an agent that did not complete had come to. */
export function kept(end: End): { readonly partial?: Json } {
  return "partial" in end && end.partial !== undefined ? { partial: end.partial } : {};
}
