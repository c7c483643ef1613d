import type { Intensity } from "../wire/spec.ts";

/** What holds where a spec says nothing; OTP's own default is one restart in five seconds. */
export const DEFAULT_INTENSITY: Required<Intensity> = {
  maxRestarts: 3,
  withinMs: 60_000,
  backoffMs: 200,
  maxBackoffMs: 10_000,
};

/**
 * Counts restarts within a sliding window, as OTP's `supervisor` does, and adds what OTP leaves
 * out: a wait that doubles with each restart that the window still holds.
 *
 * Source: `add_restart` in OTP's `lib/stdlib/src/supervisor.erl`.
 */
export class RestartIntensity {
  readonly #rule: Required<Intensity>;
  #times: number[] = [];

  constructor(rule: Intensity = DEFAULT_INTENSITY) {
    const { backoffMs: shortest, maxBackoffMs: longest } = DEFAULT_INTENSITY;
    // A field may be there and be undefined.
    const { backoffMs = shortest, maxBackoffMs = longest } = rule;
    this.#rule = { ...rule, backoffMs, maxBackoffMs };
  }

  get rule(): Required<Intensity> {
    return this.#rule;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return { rule: this.#rule, times: this.#times };
  }

  /**
   * Counts one more restart.
   *
   * @param chance from 0 to below 1; takes up to half of the wait away, so that what failed
   * together does not come back together
   * @returns the wait before it, or undefined when it is one too many
   */
  add(
    now: number,
    chance: number,
  ): { readonly restarts: number; readonly delayMs: number } | undefined {
    const { maxRestarts, withinMs, backoffMs, maxBackoffMs } = this.#rule;
    this.#times = this.#times.filter((at) => now - at < withinMs);
    if (this.#times.length >= maxRestarts) return undefined;
    this.#times.push(now);
    const restarts = this.#times.length;
    // Doubled without end it would be infinite, and nothing doubled so often is no number.
    const doubled = backoffMs * 2 ** Math.min(restarts - 1, 64);
    const longest = Math.min(maxBackoffMs, doubled);
    return { restarts, delayMs: Math.round(longest * (1 - chance / 2)) };
  }
}
