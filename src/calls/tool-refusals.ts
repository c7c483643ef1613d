import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision } from "../wire/approval.ts";
import { MAX_INPUT_BYTES } from "../wire/call-input.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { jsonCopy } from "../wire/json-copy.ts";
import type { JsonRefusal } from "../wire/json-refusal.ts";
import { budgetRefusal, type Exceeded } from "./budget-refusal.ts";
import type { Denial } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import { isToldNext, tellRefused } from "./refused-facts.ts";
import { lookAtTool, type SeenTool } from "./seen-tool.ts";
import type { ReadCallInput, ToolInputs } from "./tool-inputs.ts";

/** The engine as refusals of tool calls need it. */
export interface RefusingEngine extends Engine {
  readonly toolInputs: ToolInputs;
}

type ToolCommand = Extract<Command, { type: "tool" }>;

/** A call under its tool's true name. */
export interface Called extends ToolCommand {
  /** True once the request had its event; in a loop of refusals only counted ones have one. */
  isTold: boolean;
  /** The places where the input that was read differs from the one that the agent wrote. */
  read?: ReadCallInput["read"];
  /** The tool as it was when its input was read. */
  seen: SeenTool;
}

/** True when a refusal of this call would have no event of its own. */
export function isLoop(swarm: RefusingEngine, node: Node, call: Called): boolean {
  return node.refusals !== undefined && !isToldNext(swarm, node, refusalKind(call));
}

/**
 * Returns the kind that a refusal is counted as. All unknown tools are one kind, since their names
 * are made up.
 */
function refusalKind({ tool, seen }: Called): string {
  return seen.isKnown ? `tool ${tool}` : "tool";
}

/** Emits the request once, with a copy of the input that a listener may change without effect. */
export function tellRequested({ log }: RefusingEngine, node: Node, call: Called): void {
  if (call.isTold) return;
  call.isTold = true;
  const { callId, tool, input, read = [] } = call;
  const said = jsonCopy(input ?? null);
  const router = read.length === 0 ? {} : { read };
  log.fact("tool.requested", node.path, { callId, tool, input: said, ...router });
}

/**
 * Refuses an input that cannot be kept, such as one that is too large. Neither an event nor a
 * journal gets any of it.
 */
export function refuseUnkept(
  swarm: RefusingEngine,
  node: Node,
  call: Called,
  { path, reason, message, excess }: JsonRefusal,
): void {
  const { tool } = call;
  const isLarge = excess === "bytes";
  const most = `${MAX_INPUT_BYTES / 1_000_000} MB`;
  const text = isLarge
    ? `The input of "${tool}" is over ${most}; give it a file or a reference instead`
    : `The input of "${tool}" cannot be kept: ${message}`;
  const details = { tool, path, ...(isLarge ? { mostBytes: MAX_INPUT_BYTES } : {}) };
  const said = isLarge ? `[over ${most}, left out]` : `[it ${reason}: left out]`;
  const error = new CoppiceError("TOOL_INPUT_INVALID", text, details);
  refuseCall(swarm, node, { ...call, input: said }, error);
}

/** Settles a call that will not begin; its agent reads the error. */
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
  exceeded: Exceeded,
): void {
  const { callId, tool } = call;
  const about = budgetRefusal({ callId, tool }, exceeded);
  tellRefused(swarm, node, `budget ${tool}`, { ...about, type: "budget.refused", path: node.path });
  refuseCall(swarm, node, call, exceeded.error);
}

/** Refuses a call that was not allowed, with the budget's error if the question was about one. */
export function denyTool(
  swarm: RefusingEngine,
  node: Node,
  command: ToolCommand,
  { error, usedUp }: Denial,
): void {
  const seen = lookAtTool(swarm, command.tool);
  const call = { ...command, tool: seen.subject, isTold: true, seen };
  if (usedUp === undefined) return refuseCall(swarm, node, call, error);
  refuseForBudget(swarm, node, call, { unit: usedUp.unit, error: decodeError(usedUp.error) });
}

/** Settles a call with a person's result; the tool is not run and nothing is charged. */
export function standInForTool(
  swarm: RefusingEngine,
  node: Node,
  command: ToolCommand,
  { result = null, by }: Decision,
): void {
  const { callId } = command;
  const { subject: tool } = lookAtTool(swarm, command.tool);
  swarm.toolInputs.drop(node, callId);
  const who = by === undefined ? {} : { by };
  const details = {
    callId,
    tool,
    isError: false,
    result: result as Json,
    standIn: true,
    ...who,
  } as const;
  swarm.log.fact("tool.finished", node.path, details);
  swarm.kernel.settleCall(node, callId, { isError: false, value: result });
}
