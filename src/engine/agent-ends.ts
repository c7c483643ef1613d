import { UNSTARTED } from "../authority/request.ts";
import type { End } from "../kernel/end.ts";
import type { Node } from "../kernel/node.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { EndedAgents } from "./ended-agents.ts";
import type { Engine } from "./engine.ts";
import type { UsageByLabel } from "./usage-by-label.ts";

/** Who holds calls of an agent, which are taken back when it ends. */
interface Withdrawable {
  withdraw(node: Node): void;
}

/** Where agents end. */
export interface EndingEngine extends Engine {
  readonly approvals: Withdrawable;
  readonly pacedCalls: { withdraw(callId: string): void };
  readonly toolInputs: Withdrawable;
  readonly requests: { drop(node: Node): void };
  readonly modelCalls: {
    onClose(record: AgentRecord): void;
    onEnded(record: AgentRecord): void;
  };
  readonly ended: EndedAgents;
  readonly labels: UsageByLabel;
}

/** Nothing new begins for an agent that is closed, and what it asked for is withdrawn. */
export function closeAgent(swarm: EndingEngine, node: Node): void {
  const { places } = swarm;
  const record = swarm.recordOf(node);
  if (record.word !== undefined) places.words.set(record.word);
  swarm.contained.all(node.path, "close", [
    () => swarm.modelCalls.onClose(record),
    () => swarm.approvals.withdraw(node),
    () => withdrawStopped(swarm, record),
    () => swarm.toolInputs.withdraw(node),
    () => places.leave(node),
  ]);
}

/** Calls that have stopped on their way never began: what is held for them is given back. */
function withdrawStopped(swarm: EndingEngine, record: AgentRecord): void {
  for (const callId of record.standings?.keys() ?? []) {
    swarm.pacedCalls.withdraw(callId);
    swarm.parts.arbiter.release(callId, UNSTARTED);
  }
  record.standings = undefined;
}

/** What the last incarnation held is given back; account, rights and outcome stay. */
export function renewAgent(swarm: EndingEngine, node: Node): void {
  const { words } = swarm.places;
  const record = swarm.recordOf(node);
  swarm.modelCalls.onEnded(record);
  // Another word: a stuck thread may still look at the old one.
  const old = record.word;
  record.word = words.take();
  if (old !== undefined) words.give(old);
  record.renew();
}

/** An agent is gone for good: what it used is known, and its outcome is told. */
export function settleAgent(swarm: EndingEngine, node: Node, end: End): void {
  const { places, contained } = swarm;
  const { arbiter } = swarm.parts;
  const { path } = node;
  const record = swarm.recordOf(node);
  swarm.requests.drop(node);
  contained.run(path, "end", () => swarm.modelCalls.onEnded(record));
  const usage = arbiter.usage(record.seat);
  swarm.labels.add(record.labels, arbiter.ownUsage(record.seat));
  arbiter.close(record.seat);
  if (record.word !== undefined) places.words.give(record.word);
  record.word = undefined;
  contained.run(path, "end", () => swarm.ended.end(record, end, usage));
}
