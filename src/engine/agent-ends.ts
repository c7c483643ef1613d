import { UNSTARTED } from "../authority/request.ts";
import type { End } from "../kernel/end.ts";
import type { Node } from "../kernel/node.ts";
import { isTell, lapse } from "../kernel/tells.ts";
import type { Command } from "../wire/frame.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { EndedAgents } from "./ended-agents.ts";
import type { Engine } from "./engine.ts";
import type { UsageByLabel } from "./usage-by-label.ts";

/** A holder of an agent's calls, which are withdrawn when the agent ends. */
interface Withdrawable {
  withdraw(node: Node): void;
}

/** A request that is dropped; `begin` is of a tool call that has been charged already. */
interface DroppedRequest {
  readonly type: string;
  readonly passed?: { readonly begun: { readonly callId: string } };
  readonly command?: Command;
}

/** The engine as the end of an agent needs it. */
export interface EndingEngine extends Engine {
  readonly approvals: Withdrawable;
  readonly rateLimitedCalls: { withdraw(callId: string): void };
  readonly toolInputs: Withdrawable;
  readonly requests: { drop(node: Node): readonly DroppedRequest[] };
  readonly modelCalls: {
    onClose(record: AgentRecord): void;
    onEnded(record: AgentRecord): void;
  };
  readonly ended: EndedAgents;
  readonly labels: UsageByLabel;
}

/** Withdraws what a closed agent has asked for; nothing new begins for it. */
export function closeAgent(swarm: EndingEngine, node: Node): void {
  const { router } = swarm;
  const record = swarm.recordOf(node);
  if (record.cancelFlag !== undefined) router.cancelFlags.set(record.cancelFlag);
  swarm.contained.all(node.path, "close", [
    () => swarm.modelCalls.onClose(record),
    () => swarm.approvals.withdraw(node),
    () => withdrawStopped(swarm, record),
    () => swarm.toolInputs.withdraw(node),
    () => router.leave(node),
  ]);
}

/** Withdraws the calls that stopped before they began, and releases what is reserved for them. */
function withdrawStopped(swarm: EndingEngine, record: AgentRecord): void {
  for (const callId of record.stoppedCalls?.keys() ?? []) {
    swarm.rateLimitedCalls.withdraw(callId);
    swarm.parts.arbiter.release(callId, UNSTARTED);
  }
  record.stoppedCalls = undefined;
}

/** Frees what the last incarnation used; the account, the rights and the outcome are kept. */
export function renewAgent(swarm: EndingEngine, node: Node): void {
  const { cancelFlags } = swarm.router;
  const record = swarm.recordOf(node);
  swarm.modelCalls.onEnded(record);
  // A new flag is taken first, because a stuck thread may still read the old one.
  const old = record.cancelFlag;
  record.cancelFlag = cancelFlags.take();
  if (old !== undefined) cancelFlags.give(old);
  record.renew();
}

/** Closes the account of an agent that has ended for good, and reports its outcome. */
export function settleAgent(swarm: EndingEngine, node: Node, end: End): void {
  const { router, contained } = swarm;
  const { arbiter } = swarm.parts;
  const { path } = node;
  const record = swarm.recordOf(node);
  for (const { type, passed, command } of swarm.requests.drop(node)) {
    if (command !== undefined && isTell(command)) lapse(swarm.kernel.tree, node, command);
    if (type === "begin" && passed) arbiter.release(passed.begun.callId, UNSTARTED);
  }
  contained.run(path, "end", () => swarm.modelCalls.onEnded(record));
  const usage = arbiter.usage(record.standing);
  swarm.labels.add(record.labels, arbiter.ownUsage(record.standing));
  arbiter.close(record.standing);
  if (record.cancelFlag !== undefined) router.cancelFlags.give(record.cancelFlag);
  record.cancelFlag = undefined;
  contained.run(path, "end", () => swarm.ended.end(record, end, usage));
}
