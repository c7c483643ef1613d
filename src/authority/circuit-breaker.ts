import { modelName } from "../wire/model-name.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** When a model that keeps failing is left alone, and for how long. */
export interface BreakerOptions {
  /** Failures in a row, retries not counted, that open a model's circuit. Default 5; at least 1. */
  readonly failures?: number;
  /** Milliseconds that a circuit stays open at first; each failed probe doubles it. 30_000. */
  readonly openMs?: number;
  /** The longest that it stays open. Default 300_000. */
  readonly maxOpenMs?: number;
}

interface Circuit {
  failures: number;
  /** 0 while closed. */
  openMs: number;
  openUntil: number;
  /** The one call that tries whether the model answers again. */
  probe: string | undefined;
}

const CLOSED = { openUntil: 0 } as const;

/** Circuits of models that have failed; the oldest are forgotten. */
const MOST_CIRCUITS = 1_000;

/**
 * Keeps a swarm from asking a model that has failed again and again.
 *
 * One circuit for each model, shared by all agents: *closed* until so many calls in a row have
 * failed for good, then *open*, when none may begin; once that time is over one call may try, and
 * its answer closes the circuit again. One that hangs keeps the others waiting for that time once
 * more, and no longer. A call that was cancelled, or that failed for a reason of its own, says
 * nothing. Pure: the time is an argument.
 */
export class CircuitBreaker {
  readonly #failures: number;
  readonly #openMs: number;
  readonly #maxOpenMs: number;
  readonly #circuits = new Map<string | ModelSpec, Circuit>();

  /** @param options false: no circuit ever opens. */
  constructor(options: BreakerOptions | false = {}) {
    const { failures = 5, openMs = 30_000, maxOpenMs = 300_000 } = options || {};
    this.#failures = options === false ? Number.POSITIVE_INFINITY : failures;
    this.#openMs = Math.min(openMs, maxOpenMs);
    this.#maxOpenMs = maxOpenMs;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return [...this.#circuits.values()];
  }

  /** Milliseconds until a call may begin; 0: now. */
  waitMs(model: ModelSpec, now: number): number {
    const { openUntil } = this.#of(model) ?? CLOSED;
    return Math.max(0, openUntil - now);
  }

  /** Takes note that a call begins: it is the probe of a circuit that was open. */
  begin(model: ModelSpec, callId: string, now: number): void {
    const circuit = this.#of(model);
    if (circuit === undefined || circuit.openMs === 0) return;
    circuit.probe = callId;
    circuit.openUntil = now + circuit.openMs;
  }

  /** The model answered: all is well again. */
  answered(model: ModelSpec): void {
    if (this.#circuits.size > 0) this.#circuits.delete(keyOf(model));
  }

  /** A call failed for good, and not for a reason of its own. */
  failed(model: ModelSpec, callId: string, now: number): void {
    const circuit = this.#of(model) ?? this.#begun(model);
    circuit.failures += 1;
    if (circuit.openMs === 0) {
      if (circuit.failures >= this.#failures) this.#open(circuit, this.#openMs, now);
    } else if (circuit.probe === callId) {
      this.#open(circuit, Math.min(circuit.openMs * 2, this.#maxOpenMs), now);
    }
  }

  /** A call ended in a way that says nothing: if it was the probe, the next one is. */
  ended(model: ModelSpec, callId: string): void {
    const circuit = this.#of(model);
    if (circuit?.probe === callId) letNextTry(circuit);
  }

  /** As {@link ended}, for all calls whose ids begin so. */
  endedAll(prefix: string): void {
    for (const circuit of this.#circuits.values()) {
      if (circuit.probe?.startsWith(prefix)) letNextTry(circuit);
    }
  }

  #of(model: ModelSpec): Circuit | undefined {
    return this.#circuits.size === 0 ? undefined : this.#circuits.get(keyOf(model));
  }

  #begun(model: ModelSpec): Circuit {
    const circuit = { failures: 0, openMs: 0, openUntil: 0, probe: undefined };
    const [oldest] = this.#circuits.keys();
    if (this.#circuits.size >= MOST_CIRCUITS && oldest !== undefined) this.#circuits.delete(oldest);
    this.#circuits.set(keyOf(model), circuit);
    return circuit;
  }

  #open(circuit: Circuit, openMs: number, now: number): void {
    circuit.openMs = openMs;
    circuit.openUntil = now + openMs;
    circuit.probe = undefined;
  }
}

/** The probe said nothing: the next call may try at once. */
function letNextTry(circuit: Circuit): void {
  circuit.probe = undefined;
  circuit.openUntil = 0;
}

/** A name means the same service wherever it is asked; a script is nobody's but its own. */
function keyOf(model: ModelSpec): string | ModelSpec {
  if (model.provider === "scripted") return model;
  const at = "baseUrl" in model && typeof model.baseUrl === "string" ? ` ${model.baseUrl}` : "";
  return `${modelName(model)}${at}`;
}
