import { UNSTARTED } from "../authority/request.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import { takeStanding } from "../engine/call-standing.ts";
import type { Question } from "../engine/question.ts";
import type { RequestQueue } from "../engine/request-queue.ts";
import { CoppiceError } from "../errors.ts";
import { isBelow } from "../journal/event-log.ts";
import { isWanted } from "../kernel/calls.ts";
import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import { unknownAgent } from "../kernel/unknown-agent.ts";
import type { Plan } from "../specs/plan.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { Out } from "../wire/frame.ts";
import { isNode, resolve } from "./address.ts";
import type { Askers } from "./approvals.ts";
import { goOn } from "./go-on.ts";
import { ask, send, watch } from "./messages.ts";
import type { ModelCalls } from "./model-calls.ts";
import { callQuestion } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import type { Requested } from "./requested.ts";
import { beginTool, requestTool, type ToolEngine } from "./tool-calls.ts";
import { denyTool, standInForTool } from "./tool-refusals.ts";

/** Where agents ask for everything. */
export interface RequestEngine extends ToolEngine {
  readonly modelCalls: ModelCalls;
  readonly requests: RequestQueue<Requested>;
  spawn(parent: Node, plan: Plan, call?: string): AgentRecord;
  refusedSpawn(path: string, agent: string, error: CoppiceError): void;
}

type Reported = Extract<Effect, { type: "resume" | "report" | "model-lost" }>;
type Of<Type extends Out["type"]> = Extract<Out, { type: Type }>;

/** So many requests are decided in one step, where nothing begins by them. */
const TOGETHER = 8;

/**
 * Carries out the next of what an agent asked for: several together, and a call that begins by
 * itself, so that whoever is told of something can end the agent before the next call begins.
 */
export function carryOutNext(swarm: RequestEngine, node: Node): void {
  let requested = swarm.requests.take(node);
  for (let done = 1; requested !== undefined; done += 1) {
    const next = requested;
    const doing = next.type === "request" ? next.out.type : next.type;
    swarm.contained.run(node.path, doing, () => carryOut(swarm, next));
    if (next.type !== "request" || done === TOGETHER) return;
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
      return request(swarm, node, requested.out);
  }
}

/** Takes up what the kernel hands on of an agent and its host. */
export function takeReport(swarm: RequestEngine, effect: Reported): void {
  const { node } = effect;
  switch (effect.type) {
    case "resume":
      return swarm.kernel.resume(node, effect.out);
    case "model-lost":
      return swarm.modelCalls.unreported(node, effect.callId, effect.began);
    default:
      return swarm.modelCalls.report(node, effect.out as Of<"model.done" | "output">);
  }
}

function request(swarm: RequestEngine, node: Node, out: Out): void {
  if (!isWanted(node, out)) return;
  switch (out.type) {
    case "tool":
      return requestTool(swarm, node, out);
    case "spawn":
      return spawn(swarm, node, out);
    case "send":
      return send(swarm, node, out);
    case "ask":
      return ask(swarm, node, out);
    case "watch":
      return watch(swarm, node, out);
    case "cancel":
      return cancel(swarm, node, out);
    case "wait":
      return swarm.kernel.wait(node, out.callId);
    case "question":
      return question(swarm, node, out);
    default:
  }
}

function spawn(swarm: RequestEngine, node: Node, out: Of<"spawn">): void {
  const { callId, background } = out;
  try {
    const plan = planSpawn(swarm, node, out);
    if ("said" in plan) return swarm.approvals.ask(node, plan);
    const child = swarm.spawn(node, plan, background ? undefined : callId).node;
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

/** Only by the name of a template, one of the agent's own `agents` where its spec names any. */
function planSpawn(swarm: RequestEngine, node: Node, out: Of<"spawn">): Plan | Question {
  const { callId, agent, input, name } = out;
  const { arbiter, registry } = swarm.parts;
  const record = swarm.recordOf(node);
  const { plan, seat } = record;
  try {
    registry.specOf(String(agent));
    if (plan.spec.agents?.includes(agent) === false) {
      const message = `"${agent}" is not among the agents of ${node.path}`;
      throw new CoppiceError("CAPABILITY_DENIED", message, { agent, node: node.path });
    }
    const { approved = false } = takeStanding(record, callId) ?? {};
    const verdict = arbiter.spawn(seat, { callId, template: agent, approved });
    if (verdict.status === "ask") {
      return callQuestion({ callId, of: "spawn" }, { input, ...verdict });
    }
    if (verdict.status === "refused") throw verdict.error;
    return registry.plan(agent, { input, ...(name === undefined ? {} : { name }) });
  } catch (thrown) {
    if (thrown instanceof CoppiceError) swarm.refusedSpawn(node.path, String(agent), thrown);
    throw thrown;
  }
}

/** An agent's own question: the answer is the call's value. */
function question(swarm: RequestEngine, node: Node, out: Of<"question">): void {
  const { callId, question: input } = out;
  swarm.approvals.ask(node, {
    ...{ callId, of: "question", kind: "question", subject: "question", input },
    reason: `${node.path} asks`,
    said: { approved: false },
  });
}

/** What answers other than a yes do to the calls that asked, by what these ask for. */
export function askersOf(swarm: RequestEngine): Askers {
  return {
    deny({ node, question: { callId, usedUp } }, error) {
      const out = node.calls.get(callId)?.out;
      if (out?.type === "tool") denyTool(swarm, node, out, { error, usedUp });
      else if (out?.type === "model") swarm.modelCalls.deny(node, out, { error, usedUp });
      else settle(swarm, node, callId, refusedResult(error));
    },
    standIn({ node, question: { callId } }, decision) {
      const out = node.calls.get(callId)?.out;
      if (out?.type === "tool") standInForTool(swarm, node, out, decision);
    },
  };
}

/** Descendants only: nobody cancels a parent, a sibling or itself. */
function cancel(swarm: RequestEngine, node: Node, out: Of<"cancel">): void {
  const { callId, name, reason = `cancelled by ${node.path}` } = out;
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
