import type { Seat } from "../authority/seat.ts";
import { askFromOutside, waitForRoom } from "../calls/messages.ts";
import { carryOutNext, type RequestEngine } from "../calls/requests.ts";
import { settleTool } from "../calls/tool-calls.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import type { OpenAsk } from "../engine/asks.ts";
import { distrustHost, takeLoss } from "../engine/host-events.ts";
import type { AgentKey, Input, Order } from "../engine/input.ts";
import { CoppiceError } from "../errors.ts";
import { deadLetter } from "../kernel/dead-letters.ts";

/** What an order is answered at once. */
export type AnswerTo<Type extends Order["type"]> = Type extends "spawn"
  ? AgentRecord
  : Type extends "tell"
    ? boolean
    : Type extends "ask" | "await-room"
      ? OpenAsk
      : undefined;

/** Where everything is decided. */
interface DecidingEngine extends RequestEngine {
  spawnAtRoot(order: Extract<Order, { type: "spawn" }>): AgentRecord;
}

/** Decides one input: from the state, the input and what a step may look at, and nothing else. */
export function decide(swarm: DecidingEngine, input: Input): unknown {
  const { kernel, log } = swarm;
  switch (input.type) {
    case "frame":
      return kernel.commit(input.host, input.frame);
    case "request": {
      const node = kernel.agent(input.agent);
      return node && carryOutNext(swarm, node);
    }
    case "tool-result":
      return settleTool(swarm, input);
    case "model-report":
      return swarm.modelCalls.onJobReport(input.host, input.report);
    case "deadlines":
      return kernel.tick();
    case "told":
      return log.fact(input.fact, input.path, input.body);
    case "tool-input": {
      const node = kernel.agent(input.agent);
      return node && swarm.toolInputs.read(node, input.callId, input.given);
    }
    case "host-distrusted":
      return distrustHost(swarm, input);
    case "host-lost":
      return takeLoss(swarm, input);
    case "never-placed": {
      const node = kernel.find(input.path);
      return node && kernel.neverBegan(node);
    }
    case "no-decision":
      return swarm.approvals.refuse(input.id, input.reason);
    case "fault":
      return swarm.contained.tell(input.path, input.doing, input.error);
    case "spawn":
      return swarm.spawnAtRoot(input);
    case "decide":
      return swarm.approvals.decide(input.decisions);
    case "close-down":
      return kernel.closeDown(input.graceMs);
    case "kill":
      return kernel.kill(kernel.tree.root);
    case "look":
      return undefined;
    case "grant":
      return swarm.parts.arbiter.grant(seatOf(swarm, input.agent), input.grant);
    case "revoke":
      return swarm.parts.arbiter.revoke(seatOf(swarm, input.agent), input.pattern);
    default:
      return decideFor(swarm, input);
  }
}

type OrderFor = Extract<
  Order,
  { type: "cancel" | "pause" | "resume" | "tell" | "ask" | "await-room" }
>;

function decideFor(swarm: DecidingEngine, order: OrderFor): unknown {
  const { kernel } = swarm;
  const node = kernel.agent(order.agent);
  if (node === undefined) return refuseForgotten(swarm, order);
  switch (order.type) {
    case "cancel":
      return kernel.end(node, { status: "cancelled", reason: order.reason });
    case "pause":
      return kernel.pause(node);
    case "resume":
      return kernel.resumePaused(node);
    case "tell":
      return kernel.tell(node, "/", order.message);
    case "ask":
      return askFromOutside(swarm, node, order);
    default:
      return waitForRoom(swarm, node);
  }
}

/** It has ended, and is not even kept any more. */
function refuseForgotten({ kernel, asks }: DecidingEngine, order: OrderFor): unknown {
  const { path } = order.agent;
  if ("message" in order) {
    const { message } = order;
    deadLetter(kernel.tree, { from: "/", to: path, reason: "the agent has ended", message });
  }
  if (order.type === "tell") return false;
  if (order.type !== "ask" && order.type !== "await-room") return undefined;
  const open = asks.openTo(path);
  const details = order.type === "ask" ? { message: order.message } : { path };
  asks.fail(open.askId, new CoppiceError("AGENT_STOPPED", `${path} has ended`, details));
  return open;
}

/** The rights and the account of an agent, or of the root. */
function seatOf(swarm: DecidingEngine, agent: AgentKey): Seat {
  const node = swarm.kernel.agent(agent);
  if (node?.depth === 0) return swarm.parts.arbiter.root;
  if (node !== undefined) return swarm.recordOf(node).seat;
  throw new CoppiceError("AGENT_STOPPED", `${agent.path} has ended`, { path: agent.path });
}
