import { modelName } from "../wire/model-name.ts";
import type { ModelSpec } from "../wire/spec.ts";

/** The thresholds of a circuit: the failures that open it, and the time it stays open. */
export interface BreakerOptions {
  /** Failures in a row, retries not counted, that open a model's circuit. Default 5; at least 1. */
  readonly failures?: number;
  /** Milliseconds that a circuit first stays open; each failed probe doubles it. Default 30_000. */
  readonly openMs?: number;
  /** The most milliseconds that a circuit stays open. Default 300_000. */
  readonly maxOpenMs?: number;
}

interface Circuit {
  failures: number;
  /** 0 while the circuit is closed. */
  openMs: number;
  openUntil: number;
  /** The one call that tests whether the model answers again. */
  probe: string | undefined;
}

const CLOSED = { openUntil: 0 } as const;

/** The most circuits that are kept; the oldest are dropped. */
const MAX_CIRCUITS = 1_000;

/**
 * Stops a swarm from calling a model that fails again and again.
 *
 * There is one circuit for each model, shared by all agents. It is *closed* until so many calls in
 * a row have failed for good, then *open*, and no call may begin. After that time one call may
 * probe the model, and its answer closes the circuit. A probe that hangs keeps the others waiting
 * for that time once more, and no longer. A call that was cancelled, or that failed for a reason of
 * its own, has no effect. Pure: the time is an argument.
 */
export class CircuitBreaker {
  readonly #failures: number;
  readonly #openMs: number;
  readonly #maxOpenMs: number;
  readonly #circuits = new Map<string | ModelSpec, Circuit>();

  /** @param options false: no circuit ever opens */
  constructor(options: BreakerOptions | false = {}) {
    const { failures = 5, openMs = 30_000, maxOpenMs = 300_000 } = options || {};
    this.#failures = options === false ? Number.POSITIVE_INFINITY : failures;
    this.#openMs = Math.min(openMs, maxOpenMs);
    this.#maxOpenMs = maxOpenMs;
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    return [...this.#circuits.values()];
  }

  /** Returns the milliseconds until a call may begin; 0 is now. */
  waitMs(model: ModelSpec, now: number): number {
    const { openUntil } = this.#of(model) ?? CLOSED;
    return Math.max(0, openUntil - now);
  }

  /** Records that a call begins, which makes it the probe of a circuit that was open. */
  begin(model: ModelSpec, callId: string, now: number): void {
    const circuit = this.#of(model);
    if (circuit === undefined || circuit.openMs === 0) return;
    circuit.probe = callId;
    circuit.openUntil = now + circuit.openMs;
  }

  /** Closes the circuit of a model that answered. */
  answered(model: ModelSpec): void {
    if (this.#circuits.size > 0) this.#circuits.delete(keyOf(model));
  }

  /** Records a call that failed for good, and not for a reason of its own. */
  failed(model: ModelSpec, callId: string, now: number): void {
    const circuit = this.#of(model) ?? this.#begun(model);
    circuit.failures += 1;
    if (circuit.openMs === 0) {
      if (circuit.failures >= this.#failures) this.#open(circuit, this.#openMs, now);
    } else if (circuit.probe === callId) {
      this.#open(circuit, Math.min(circuit.openMs * 2, this.#maxOpenMs), now);
    }
  }

  /** Records a call that ended without a result; if it was the probe, the next call becomes it. */
  ended(model: ModelSpec, callId: string): void {
    const circuit = this.#of(model);
    if (circuit?.probe === callId) letNextTry(circuit);
  }

  /** Does the same as {@link ended} for all calls whose ids begin with a prefix. */
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
    if (this.#circuits.size >= MAX_CIRCUITS && oldest !== undefined) this.#circuits.delete(oldest);
    this.#circuits.set(keyOf(model), circuit);
    return circuit;
  }

  #open(circuit: Circuit, openMs: number, now: number): void {
    circuit.openMs = openMs;
    circuit.openUntil = now + openMs;
    circuit.probe = undefined;
  }
}

/** Lets the next call probe at once, since this probe had no result. */
function letNextTry(circuit: Circuit): void {
  circuit.probe = undefined;
  circuit.openUntil = 0;
}

/** Returns the key of a circuit: a model's name and address; each script has its own circuit. */
function keyOf(model: ModelSpec): string | ModelSpec {
  if (model.provider === "scripted") return model;
  const at = "baseUrl" in model && typeof model.baseUrl === "string" ? ` ${model.baseUrl}` : "";
  return `${modelName(model)}${at}`;
}
