import type { AgentRecord } from "../engine/agent-record.ts";
import { takeStanding } from "../engine/call-standing.ts";
import type { Engine } from "../engine/engine.ts";
import type { Breaker } from "./asked-breaker.ts";
import type { ModelJobs } from "./model-jobs.ts";
import { endUnreported } from "./model-report.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

/** What stands around the model calls of a swarm. */
export interface ModelCallsHeld {
  readonly swarm: Engine;
  readonly breaker: Breaker;
  readonly jobs: ModelJobs;
  /** Calls whose reservation waits, by id. */
  readonly waiting: WaitingCalls;
}

/** Rights withdrawn: what waits is taken back, what runs elsewhere is aborted. */
export function closeModelCalls(
  { swarm, jobs, waiting }: ModelCallsHeld,
  record: AgentRecord,
): void {
  for (const [callId, { waitsFor }] of record.standings ?? []) {
    if (waitsFor !== "budget") continue;
    waiting.take(callId);
    swarm.parts.arbiter.release(callId);
    takeStanding(record, callId);
  }
  jobs.abort(record);
}

/** The agent is gone, so nobody will hear what a job of it used: it is taken to be all. */
export function endModelCalls(held: ModelCallsHeld, record: AgentRecord): void {
  const { swarm, breaker, jobs } = held;
  closeModelCalls(held, record);
  for (const job of jobs.takeOf(record)) endUnreported(swarm, breaker, record.node, job);
  breaker.endedAll(`${record.node.path}#`);
  // A call that was to be asked for once more is counted on its grants until now.
  for (const callId of record.choices?.keys() ?? []) swarm.parts.arbiter.release(callId);
  record.choices = undefined;
}

/** Jobs that a lost host ran cost what was reserved for them, and are asked for again. */
export function loseJobs({ swarm, breaker, jobs }: ModelCallsHeld, host: string): void {
  for (const { node, callId } of jobs.takeLost(host)) {
    endUnreported(swarm, breaker, node, { callId, began: true });
    swarm.kernel.retryModel(node, callId);
  }
}
