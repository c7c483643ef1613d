import type { Refused } from "../authority/verdict.ts";
import type { Engine } from "../engine/engine.ts";
import type { UsedUp } from "../engine/question.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision } from "../wire/approval.ts";
import { MOST_INPUT_BYTES } from "../wire/call-input.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { Out } from "../wire/frame.ts";
import type { JsonRefusal } from "../wire/json-refusal.ts";
import type { Denial } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import { isToldNext, tellRefused } from "./refused-facts.ts";
import { lookAtTool, type SeenTool } from "./seen-tool.ts";
import type { ReadCallInput, ToolInputs } from "./tool-inputs.ts";

/** Where tool calls are told of and refused. */
export interface RefusingEngine extends Engine {
  readonly toolInputs: ToolInputs;
}

type ToolOut = Extract<Out, { type: "tool" }>;

/** A call under its tool's true name. */
export interface Called extends ToolOut {
  /** That it was asked for has been told: of a loop of refusals it is told where they are. */
  isTold: boolean;
  /** Where its input was read, and is not as it was said. */
  read?: ReadCallInput["read"];
  /** As it was when its input was read. */
  seen: SeenTool;
}

/** Its refusal would not be told by itself. */
export function isLoop(swarm: RefusingEngine, node: Node, call: Called): boolean {
  return node.refusals !== undefined && !isToldNext(swarm, node, refusalKind(call));
}

/** Tools that there are not are counted together: their names are made up. */
function refusalKind({ tool, seen }: Called): string {
  return seen.isKnown ? `tool ${tool}` : "tool";
}

/** Tells once that it was asked for, by a copy: whoever is told must not change what it is. */
export function tellRequested({ log }: RefusingEngine, node: Node, call: Called): void {
  if (call.isTold) return;
  call.isTold = true;
  const { callId, tool, input, read = [] } = call;
  const said = structuredClone(input ?? null);
  const places = read.length === 0 ? {} : { read };
  log.fact("tool.requested", node.path, { callId, tool, input: said, ...places });
}

/** Nothing of such an input is kept: neither an event nor a journal has room for it. */
export function refuseUnkept(
  swarm: RefusingEngine,
  node: Node,
  call: Called,
  { path, reason, message, excess }: JsonRefusal,
): void {
  const { tool } = call;
  const isLarge = excess === "bytes";
  const most = `${MOST_INPUT_BYTES / 1_000_000} MB`;
  const told = isLarge
    ? `The input of "${tool}" is over ${most}; give it a file or a reference instead`
    : `The input of "${tool}" cannot be kept: ${message}`;
  const details = { tool, path, ...(isLarge ? { mostBytes: MOST_INPUT_BYTES } : {}) };
  const said = isLarge ? `[over ${most}, left out]` : `[it ${reason}: left out]`;
  const error = new CoppiceError("TOOL_INPUT_INVALID", told, details);
  refuseCall(swarm, node, { ...call, input: said }, error);
}

/** Settles a call that does not begin with the reason, which its agent reads. */
export function refuseCall(
  swarm: RefusingEngine,
  node: Node,
  call: Called,
  error: CoppiceError,
): void {
  const { kernel, toolInputs } = swarm;
  const { callId, tool } = call;
  const { code, message } = error;
  const { path } = node;
  toolInputs.drop(node, callId);
  const kind = refusalKind(call);
  if (isToldNext(swarm, node, kind)) tellRequested(swarm, node, call);
  tellRefused(swarm, node, kind, { type: "tool.denied", path, callId, tool, code, message });
  kernel.settleCall(node, callId, refusedResult(error));
}

export function refuseForBudget(
  swarm: RefusingEngine,
  node: Node,
  call: Called,
  { unit, error }: Pick<Refused, "error"> & Pick<UsedUp, "unit">,
): void {
  const { callId, tool } = call;
  const about = { callId, tool, unit, ...error.details };
  const fact = { type: "budget.refused", path: node.path, ...about };
  tellRefused(swarm, node, `budget ${tool}`, fact);
  refuseCall(swarm, node, call, error);
}

/** A person has not allowed a call; where more of a budget was asked for, that is its refusal. */
export function denyTool(
  swarm: RefusingEngine,
  node: Node,
  out: ToolOut,
  { error, usedUp }: Denial,
): void {
  const seen = lookAtTool(swarm, out.tool);
  const call = { ...out, tool: seen.subject, isTold: true, seen };
  if (usedUp === undefined) return refuseCall(swarm, node, call, error);
  refuseForBudget(swarm, node, call, { unit: usedUp.unit, error: decodeError(usedUp.error) });
}

/** Ends a call with what a person gave in place of the tool: nothing is run, nothing is charged. */
export function standInForTool(
  swarm: RefusingEngine,
  node: Node,
  out: ToolOut,
  { result = null, by }: Decision,
): void {
  const { callId } = out;
  const { subject: tool } = lookAtTool(swarm, out.tool);
  swarm.toolInputs.drop(node, callId);
  const who = by === undefined ? {} : { by };
  const told = { callId, tool, isError: false, result, standIn: true, ...who };
  swarm.log.fact("tool.finished", node.path, told);
  swarm.kernel.settleCall(node, callId, { isError: false, value: result });
}
