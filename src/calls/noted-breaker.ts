import type { CircuitBreaker } from "../authority/circuit-breaker.ts";
import type { Outside } from "../engine/outside.ts";

/** The circuits of all models, as one run asks for them. */
export type Breaker = Omit<CircuitBreaker, "saved">;

/**
 * Returns the breaker for the steps of runs. All runs share its circuits, so each answer is
 * recorded with the step that asked.
 */
export function notedBreaker(breaker: CircuitBreaker, outside: Outside): Breaker {
  return {
    waitMs: (model, now) => outside.query("breaker", () => breaker.waitMs(model, now)),
    begin: (model, callId, now) => outside.update(() => breaker.begin(model, callId, now)),
    answered: (model) => outside.update(() => breaker.answered(model)),
    failed: (model, callId, now) => outside.update(() => breaker.failed(model, callId, now)),
    ended: (model, callId) => outside.update(() => breaker.ended(model, callId)),
    endedAll: (prefix) => outside.update(() => breaker.endedAll(prefix)),
  };
}
