import { UNSTARTED } from "../authority/request.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import { takeProgress } from "../engine/call-progress.ts";
import type { Question } from "../engine/question.ts";
import type { RequestQueue } from "../engine/request-queue.ts";
import { CoppiceError } from "../errors.ts";
import { isBelow } from "../journal/event-log.ts";
import { isWanted } from "../kernel/calls.ts";
import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import { isSaying, isTell } from "../kernel/tells.ts";
import { unknownAgent } from "../kernel/unknown-agent.ts";
import type { ResolvedSpec } from "../specs/resolved-spec.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { Command } from "../wire/frame.ts";
import { isNode, resolve } from "./address.ts";
import type { Askers } from "./approvals.ts";
import { goOn } from "./go-on.ts";
import { ask, say, sendTo, watch } from "./messages.ts";
import type { ModelCalls } from "./model-calls.ts";
import { callQuestion } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import type { Requested } from "./requested.ts";
import { beginTool, requestTool, type ToolEngine } from "./tool-calls.ts";
import { denyTool, standInForTool } from "./tool-refusals.ts";

/** The engine as the requests of agents need it. */
export interface RequestEngine extends ToolEngine {
  readonly modelCalls: ModelCalls;
  readonly requests: RequestQueue<Requested>;
  readonly spawner: {
    spawn(parent: Node, resolved: ResolvedSpec, call?: string): AgentRecord;
    refused(path: string, agent: string, error: CoppiceError): void;
  };
}

type Reported = Extract<Effect, { type: "resume" | "report" | "model-lost" }>;
type Of<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/** The most work of the requests that one step decides, as long as none of them begins a call. */
const MAX_WORK = 256;

/** Returns the work of a request. An answer ends its step, so that nothing passes it. */
function workOf(command: Command): number {
  if (isTell(command)) return 1;
  return isSaying(command) ? MAX_WORK : 32;
}

/** The most messages of one frame that are carried out in its step; more are taken in slices. */
const MAX_AT_ONCE = 64;

/**
 * Puts a request behind the earlier ones of its agent. A message, which begins nothing, is carried
 * out at once where it is one of few and nothing is before it.
 */
export function takeRequest(
  swarm: RequestEngine,
  request: Extract<Effect, { type: "request" }>,
): void {
  const { node, command } = request;
  const isFirst = isTell(command) && node.unsaid <= MAX_AT_ONCE && !swarm.requests.has(node);
  if (isFirst) say(swarm, node, command);
  else swarm.requests.add(request);
}

/**
 * Carries out the next requests of an agent: several that begin nothing, or one that begins a call,
 * so that a listener can end the agent before the next call begins.
 */
export function carryOutNext(swarm: RequestEngine, node: Node): void {
  let requested = swarm.requests.take(node);
  for (let left = MAX_WORK; requested !== undefined; ) {
    const next = requested;
    const doing = next.type === "request" ? next.command.type : next.type;
    swarm.contained.run(node.path, doing, () => carryOut(swarm, next));
    if (next.type !== "request") return;
    left -= workOf(next.command);
    if (left <= 0) return;
    requested = swarm.requests.take(node, ({ type }) => type === "request");
  }
}

function carryOut(swarm: RequestEngine, requested: Requested): void {
  const { node } = requested;
  switch (requested.type) {
    case "model":
      return swarm.modelCalls.request(node, requested.call);
    case "go-on":
      return goOn(swarm, node, requested.callId);
    case "begin":
      return beginTool(swarm, node, requested.passed);
    default:
      return request(swarm, node, requested.command);
  }
}

/** Processes a report that the kernel passes on from an agent or its host. */
export function takeReport(swarm: RequestEngine, effect: Reported): void {
  const { node } = effect;
  switch (effect.type) {
    case "resume":
      return swarm.kernel.resume(node, effect.command);
    case "model-lost":
      return swarm.modelCalls.unreported(node, effect.callId, effect.began);
    default:
      return swarm.modelCalls.report(node, effect.command as Of<"model.done" | "output">);
  }
}

function request(swarm: RequestEngine, node: Node, command: Command): void {
  if (isSaying(command)) return say(swarm, node, command);
  if (!isWanted(node, command)) return;
  switch (command.type) {
    case "tool":
      return requestTool(swarm, node, command);
    case "spawn":
      return spawn(swarm, node, command);
    case "send":
      return sendTo(swarm, node, command);
    case "ask":
      return ask(swarm, node, command);
    case "watch":
      return watch(swarm, node, command);
    case "cancel":
      return cancel(swarm, node, command);
    case "wait":
      return swarm.kernel.wait(node, command.callId);
    case "question":
      return question(swarm, node, command);
    default:
  }
}

function spawn(swarm: RequestEngine, node: Node, command: Of<"spawn">): void {
  const { callId, background } = command;
  try {
    const resolved = resolveSpawn(swarm, node, command);
    if ("said" in resolved) return swarm.approvals.request(node, resolved);
    const child = swarm.spawner.spawn(node, resolved, background ? undefined : callId).node;
    swarm.parts.arbiter.release(callId);
    if (!background) return swarm.kernel.idleCall(node, callId);
    const value = { path: child.path, name: child.name, status: child.status };
    settle(swarm, node, callId, { isError: false, value });
  } catch (thrown) {
    if (!(thrown instanceof CoppiceError)) throw thrown;
    swarm.parts.arbiter.release(callId, UNSTARTED);
    settle(swarm, node, callId, refusedResult(thrown));
  }
}

/** Resolves the template of a spawn: one of the agent's own `agents`, if its spec names any. */
function resolveSpawn(
  swarm: RequestEngine,
  node: Node,
  command: Of<"spawn">,
): ResolvedSpec | Question {
  const { callId, agent, input, name } = command;
  const { arbiter, registry } = swarm.parts;
  const record = swarm.recordOf(node);
  const { resolved, standing } = record;
  try {
    registry.specOf(String(agent));
    if (resolved.spec.agents?.includes(agent) === false) {
      const message = `"${agent}" is not among the agents of ${node.path}`;
      throw new CoppiceError("CAPABILITY_DENIED", message, { agent, node: node.path });
    }
    const { approved = false } = takeProgress(record, callId) ?? {};
    const verdict = arbiter.spawn(standing, { callId, template: agent, approved });
    if (verdict.status === "ask") {
      return callQuestion({ callId, of: "spawn" }, { input, ...verdict });
    }
    if (verdict.status === "refused") throw verdict.error;
    return registry.resolve(agent, { input, ...(name === undefined ? {} : { name }) });
  } catch (thrown) {
    if (thrown instanceof CoppiceError) swarm.spawner.refused(node.path, String(agent), thrown);
    throw thrown;
  }
}

/** Asks an agent's own question; the answer is the value of the call. */
function question(swarm: RequestEngine, node: Node, command: Of<"question">): void {
  const { callId, question: input } = command;
  swarm.approvals.request(node, {
    ...{ callId, of: "question", kind: "question", subject: "question", input },
    reason: `${node.path} asks`,
    said: { approved: false },
  });
}

/** Returns the handlers of refusals and given results, each by the type of the call that asked. */
export function askersOf(swarm: RequestEngine): Askers {
  return {
    deny({ node, question: { callId, usedUp } }, error) {
      const command = node.calls.get(callId)?.command;
      if (command?.type === "tool") denyTool(swarm, node, command, { error, usedUp });
      else if (command?.type === "model") swarm.modelCalls.deny(node, command, { error, usedUp });
      else settle(swarm, node, callId, refusedResult(error));
    },
    standIn({ node, question: { callId } }, decision) {
      const command = node.calls.get(callId)?.command;
      if (command?.type === "tool") standInForTool(swarm, node, command, decision);
    },
  };
}

/** Cancels a descendant; an agent cannot cancel its parent, a sibling or itself. */
function cancel(swarm: RequestEngine, node: Node, command: Of<"cancel">): void {
  const { callId, name, reason = `cancelled by ${node.path}` } = command;
  const target = resolve(swarm, node, name);
  const isBelowIt = target !== undefined && target !== node && isBelow(target.path, node.path);
  if (!isBelowIt || !isNode(target)) {
    const unknown = unknownAgent(swarm.kernel.tree, node, name);
    return settle(swarm, node, callId, refusedResult(unknown));
  }
  swarm.kernel.end(target, { status: "cancelled", reason });
  const { path, status } = target;
  settle(swarm, node, callId, { isError: false, value: { path, status } });
}

function settle(swarm: RequestEngine, node: Node, callId: string, result: CallResult): void {
  swarm.kernel.settleCall(node, callId, result);
}
