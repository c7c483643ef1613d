import type { CircuitBreaker } from "../authority/circuit-breaker.ts";
import type { Outside } from "../engine/outside.ts";

/** The circuits of all models, as one run asks for them. */
export type Breaker = Omit<CircuitBreaker, "saved">;

/** Circuits are what all runs share: what a run is told of them is noted for it. */
export function askedBreaker(breaker: CircuitBreaker, outside: Outside): Breaker {
  return {
    waitMs: (model, now) => outside.ask("breaker", () => breaker.waitMs(model, now)),
    begin: (model, callId, now) => outside.tell(() => breaker.begin(model, callId, now)),
    answered: (model) => outside.tell(() => breaker.answered(model)),
    failed: (model, callId, now) => outside.tell(() => breaker.failed(model, callId, now)),
    ended: (model, callId) => outside.tell(() => breaker.ended(model, callId)),
    endedAll: (prefix) => outside.tell(() => breaker.endedAll(prefix)),
  };
}
