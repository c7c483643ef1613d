import { CoppiceError } from "../errors.ts";
import type { Effect } from "../kernel/effects.ts";
import { join, type Node } from "../kernel/node.ts";
import { matchesGlob } from "../tools/glob.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { isBelow } from "./event-log.ts";
import type { Swarm } from "./swarm.ts";

type Requested = Extract<
  Effect,
  { type: "request" | "resume" | "model" | "report" | "model-lost" }
>;
type Of<Type extends Out["type"]> = Extract<Out, { type: Type }>;

/** Carries out what an agent asked for, once the arbiter has allowed it. */
export function carryOut(swarm: Swarm, effect: Requested): void {
  const { node } = effect;
  switch (effect.type) {
    case "resume":
      return swarm.kernel.resume(node, effect.out);
    case "model":
      return swarm.modelCalls.request(node, effect.call);
    case "model-lost":
      return swarm.modelCalls.lost(node, effect.callId);
    case "report":
      return swarm.modelCalls.report(node, effect.out as Of<"model.done" | "output">);
    default:
      return request(swarm, node, effect.out);
  }
}

function request(swarm: Swarm, node: Node, out: Out): void {
  if (node.closed) return;
  switch (out.type) {
    case "tool":
      return callTool(swarm, node, out);
    case "spawn":
      return spawn(swarm, node, out);
    case "send":
      return send(swarm, node, out);
    case "cancel":
      return cancel(swarm, node, out);
    default:
  }
}

function callTool(swarm: Swarm, node: Node, out: Of<"tool">): void {
  const { log, parts } = swarm;
  const { callId, input } = out;
  const tool = parts.toolbox.subjectOf(out.tool);
  const record = swarm.recordOf(node);
  log.fact("tool.requested", node.path, { callId, tool, input });
  const error = refuseTool(swarm, node, { callId, tool });
  if (error !== undefined) {
    const { code, message } = error;
    log.fact("tool.denied", node.path, { callId, tool, code, message });
    return settle(swarm, node, callId, failure(error));
  }
  log.fact("tool.started", node.path, { callId, tool });
  const { labels, signal } = record;
  const { path } = node;
  const call = { callId, tool, input, path, labels, attempt: 1, signal };
  void parts.toolbox.call(call).then((result) =>
    swarm.step(() => {
      parts.arbiter.settle(callId);
      const { isError } = result;
      const told = result.isError
        ? { error: { ...result.error } as Json }
        : { result: result.value };
      log.fact("tool.finished", path, { callId, tool, isError, ...told });
      settle(swarm, node, callId, result);
    }),
  );
}

/** Unknown, hidden, not granted, not affordable: asked in this order, charged only at the end. */
function refuseTool(
  swarm: Swarm,
  node: Node,
  { callId, tool }: Pick<Of<"tool">, "callId" | "tool">,
): CoppiceError | undefined {
  const { arbiter, toolbox } = swarm.parts;
  const record = swarm.recordOf(node);
  if (!toolbox.knows(tool)) {
    return new CoppiceError("TOOL_UNKNOWN", `there is no tool "${tool}"`, { tool });
  }
  if (!record.plan.shown.every((list) => list.some((pattern) => matchesGlob(pattern, tool)))) {
    const message = `"${tool}" is not among the tools of ${node.path}`;
    return new CoppiceError("CAPABILITY_DENIED", message, { tool, node: node.path });
  }
  const verdict = arbiter.tool(record.seat, { callId, tool });
  if (verdict.status !== "refused") return undefined;
  if (verdict.unit !== undefined) {
    const { unit, error } = verdict;
    swarm.log.fact("budget.refused", node.path, { callId, tool, unit, ...error.details });
  }
  return verdict.error;
}

function spawn(swarm: Swarm, node: Node, out: Of<"spawn">): void {
  const { arbiter, registry } = swarm.parts;
  const { callId, agent, input, name, background } = out;
  try {
    // Only by the name of a template: what could be spawned was decided by the embedder.
    registry.specOf(String(agent));
    const verdict = arbiter.spawn(swarm.recordOf(node).seat, { template: agent });
    if (verdict.status === "refused") {
      swarm.refusedSpawn(node.path, agent, verdict.error);
      return settle(swarm, node, callId, failure(verdict.error));
    }
    const plan = registry.plan(agent, { input, ...(name === undefined ? {} : { name }) });
    const child = swarm.spawn(node, plan, background ? undefined : callId).node;
    if (!background) return swarm.kernel.idleCall(node, callId);
    const value = { path: child.path, name: child.name, status: child.status };
    settle(swarm, node, callId, { isError: false, value });
  } catch (thrown) {
    if (!(thrown instanceof CoppiceError)) throw thrown;
    if (thrown.code === "AGENT_UNKNOWN" || thrown.code === "OPTIONS_INVALID") {
      swarm.refusedSpawn(node.path, String(agent), thrown);
    }
    settle(swarm, node, callId, failure(thrown));
  }
}

function send(swarm: Swarm, node: Node, out: Of<"send">): void {
  const { kernel, parts } = swarm;
  const { callId, message } = out;
  const to = resolve(swarm, node, out.to);
  if (to === undefined || to.depth === 0) return settle(swarm, node, callId, unknown(node, out.to));
  const ask = { to: to.path, relation: relationOf(node, to) };
  const verdict = parts.arbiter.message(swarm.recordOf(node).seat, ask);
  if (verdict.status === "refused") return settle(swarm, node, callId, failure(verdict.error));
  const ended = to.closed;
  if (kernel.tell(to, node.path, message)) {
    return settle(swarm, node, callId, { isError: false, value: { to: to.path } });
  }
  const error = ended
    ? new CoppiceError("AGENT_STOPPED", `${to.path} has ended`, { message })
    : new CoppiceError("MAILBOX_FULL", `the mailbox of ${to.path} is full`, { message });
  settle(swarm, node, callId, failure(error));
}

/** Descendants only: nobody cancels a parent, a sibling or itself. */
function cancel(swarm: Swarm, node: Node, out: Of<"cancel">): void {
  const { callId, name, reason = `cancelled by ${node.path}` } = out;
  const target = resolve(swarm, node, name);
  if (target === undefined || target === node || !isBelow(target.path, node.path)) {
    return settle(swarm, node, callId, unknown(node, name));
  }
  swarm.kernel.end(target, { status: "cancelled", reason });
  const { path, status } = target;
  settle(swarm, node, callId, { isError: false, value: { path, status } });
}

function settle(swarm: Swarm, node: Node, callId: string, result: CallResult): void {
  const record = swarm.record(node.path);
  if (record !== undefined) record.resultLength += lengthOf(result);
  swarm.kernel.settleCall(node, callId, result);
}

/** A path, `parent`, or the name of a child or a sibling. */
function resolve(swarm: Swarm, node: Node, to: string): Node | undefined {
  const { kernel } = swarm;
  if (to.startsWith("/")) return kernel.find(to);
  if (to === "parent" || to === "..") return node.parent;
  const sibling = node.parent === undefined ? undefined : join(node.parent.path, to);
  return (
    kernel.find(join(node.path, to)) ?? (sibling === undefined ? undefined : kernel.find(sibling))
  );
}

function relationOf(node: Node, to: Node): "self" | "parent" | "child" | "sibling" | "other" {
  if (to === node) return "self";
  if (to === node.parent) return "parent";
  if (to.parent === node) return "child";
  return to.parent === node.parent ? "sibling" : "other";
}

function unknown(node: Node, name: string): CallResult {
  return failure(
    new CoppiceError("AGENT_UNKNOWN", `${node.path} knows no agent "${name}"`, { name }),
  );
}

function failure(error: CoppiceError): CallResult {
  const { stack: _stack, ...wire } = encodeError(error, "TOOL_FAILED");
  return { isError: true, error: wire };
}

/** About how much of the model's context a result takes, without writing it out. */
function lengthOf(result: CallResult): number {
  return jsonLength(result.isError ? (result.error as unknown as Json) : result.value);
}

function jsonLength(value: Json | undefined): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 6;
  let length = 2;
  if (Array.isArray(value)) for (const item of value) length += jsonLength(item);
  else for (const [key, item] of Object.entries(value)) length += key.length + 4 + jsonLength(item);
  return length;
}
