import type { Standing } from "../authority/standing.ts";
import { takeLetter } from "../calls/far-mail.ts";
import { askFromOutside, waitForRoom } from "../calls/messages.ts";
import { carryOutNext, type RequestEngine } from "../calls/requests.ts";
import { settleTool } from "../calls/tool-calls.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import type { OpenAsk } from "../engine/asks.ts";
import { distrustHost, loseHome, takeLoss } from "../engine/host-events.ts";
import type { Input, Notice, Order } from "../engine/input.ts";
import { CoppiceError } from "../errors.ts";
import { deadLetter } from "../kernel/dead-letters.ts";
import type { Node, NodeKey } from "../kernel/node.ts";
import type { AllRuns } from "./all-runs.ts";
import type { Spawner } from "./spawner.ts";

/** The value that an order returns at once. */
export type AnswerTo<Type extends Order["type"]> = Type extends "spawn"
  ? AgentRecord
  : Type extends "tell"
    ? boolean
    : Type extends "ask" | "await-room"
      ? OpenAsk
      : undefined;

/** The parts of the engine that decide inputs. */
interface DecidingEngine extends RequestEngine {
  readonly spawner: Spawner;
  readonly allRuns: AllRuns;
  forget(node: Node): void;
}

/**
 * Decides one input, from the state, the input and the values that a step may look at, and from
 * nothing else.
 */
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
    case "report":
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
      return swarm.spawner.spawnAtRoot(input);
    case "decide":
      return swarm.approvals.decide(input.decisions);
    case "close-down":
      return swarm.allRuns.closeDown(input.graceMs);
    case "kill":
      return swarm.allRuns.kill();
    case "look":
      return undefined;
    case "grant":
      return swarm.parts.arbiter.grant(standingOf(swarm, input.agent), input.grant);
    case "revoke":
      return swarm.parts.arbiter.revoke(standingOf(swarm, input.agent), input.pattern);
    case "cancel":
    case "pause":
    case "resume":
    case "tell":
    case "ask":
    case "await-room":
      return decideFor(swarm, input);
    default:
      return takeNotice(swarm, input);
  }
}

/** Takes a notice from the parts that all runs share, or from another run. */
function takeNotice(swarm: DecidingEngine, notice: Notice): unknown {
  const { kernel } = swarm;
  switch (notice.type) {
    case "slot":
    case "start":
    case "quarantine": {
      const node = kernel.agent(notice.agent);
      return node && kernel.give({ ...notice, node });
    }
    case "turn":
      return swarm.modelCalls.haveTurn(notice);
    case "rate-cleared":
      return swarm.rateLimitedCalls.rateCleared(notice);
    case "letter":
      return takeLetter(swarm, notice);
    case "allowed":
      return swarm.approvals.coverFrom(notice);
    case "root-resumed":
      return swarm.allRuns.serve();
    case "root-paused":
      return kernel.pauseRoot(notice.isPaused);
    case "closing":
      return kernel.closeDown(notice.graceMs);
    case "killed":
      for (const top of kernel.tree.tops) kernel.kill(top);
      return undefined;
    case "home-lost":
      return loseHome(swarm, notice);
    case "forget": {
      const node = kernel.agent(notice.agent);
      return node && swarm.forget(node);
    }
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
      return node.depth === 0 ? swarm.allRuns.pause(true) : kernel.pause(node);
    case "resume":
      return node.depth === 0 ? swarm.allRuns.pause(false) : kernel.resumePaused(node);
    case "tell":
      return kernel.tell(node, "/", order.message);
    case "ask":
      return askFromOutside(swarm, node, order);
    default:
      return waitForRoom(swarm, node);
  }
}

/** Answers an order to an agent that has ended and is no longer kept. */
function refuseForgotten({ kernel, asks }: DecidingEngine, order: OrderFor): unknown {
  const { path } = order.agent;
  if ("message" in order) {
    const { message } = order;
    deadLetter(kernel.tree, { from: "/", to: path, reason: "the agent has ended", message });
  }
  if (order.type === "tell") return false;
  if (order.type !== "ask" && order.type !== "await-room") return undefined;
  const open = asks.openTo(kernel.tree.nextAsk(), path);
  const details = order.type === "ask" ? { message: order.message } : { path };
  asks.fail(open.askId, new CoppiceError("AGENT_STOPPED", `${path} has ended`, details));
  return open;
}

/** Returns the rights and the account of an agent or of the root. */
function standingOf(swarm: DecidingEngine, agent: NodeKey): Standing {
  const node = swarm.kernel.agent(agent);
  if (node?.depth === 0) return swarm.parts.arbiter.root;
  if (node !== undefined) return swarm.recordOf(node).standing;
  throw new CoppiceError("AGENT_STOPPED", `${agent.path} has ended`, { path: agent.path });
}
