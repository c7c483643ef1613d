import type { AgentRecord } from "../engine/agent-record.ts";
import { takeProgress } from "../engine/call-progress.ts";
import type { Engine } from "../engine/engine.ts";
import type { ModelJobs } from "./model-jobs.ts";
import { endUnreported } from "./model-report.ts";
import type { Breaker } from "./noted-breaker.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

/** The parts of a swarm that model calls depend on. */
export interface ModelCallParts {
  readonly swarm: Engine;
  readonly breaker: Breaker;
  readonly jobs: ModelJobs;
  /** Calls whose reservation waits, by id. */
  readonly waiting: WaitingCalls;
}

/** Withdraws the calls of an agent that wait for their budget, and aborts its jobs. */
export function closeModelCalls(
  { swarm, jobs, waiting }: ModelCallParts,
  record: AgentRecord,
): void {
  for (const [callId, { waitsFor }] of record.stoppedCalls ?? []) {
    if (waitsFor !== "budget") continue;
    waiting.take(callId);
    swarm.parts.arbiter.release(callId);
    takeProgress(record, callId);
  }
  jobs.abort(record);
}

/**
 * Ends the calls of an agent that is gone. No usage of its jobs will be reported, so each is
 * charged its whole reservation.
 */
export function endModelCalls(parts: ModelCallParts, record: AgentRecord): void {
  const { swarm, breaker, jobs } = parts;
  closeModelCalls(parts, record);
  for (const job of jobs.takeOf(record)) endUnreported(swarm, breaker, record.node, job);
  breaker.endedAll(`${record.node.path}#`);
  // The uses of a call that was to be retried have stayed counted until now.
  for (const callId of record.choices?.keys() ?? []) swarm.parts.arbiter.release(callId);
  record.choices = undefined;
}

/** Charges the jobs of a lost host their reservations, and requests them again. */
export function loseJobs({ swarm, breaker, jobs }: ModelCallParts, host: string): void {
  for (const { node, callId } of jobs.takeLost(host)) {
    endUnreported(swarm, breaker, node, { callId, began: true });
    swarm.kernel.retryModel(node, callId);
  }
}
