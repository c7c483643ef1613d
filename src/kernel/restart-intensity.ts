import type { Intensity } from "../wire/spec.ts";

/** The default restart intensity; OTP's own default is one restart in five seconds. */
export const DEFAULT_INTENSITY: Required<Intensity> = {
  maxRestarts: 3,
  withinMs: 60_000,
  backoffMs: 200,
  maxBackoffMs: 10_000,
};

/**
 * Counts restarts within a sliding window, as OTP's `supervisor` does. Unlike OTP it also gives a
 * wait before each restart, which doubles with each restart that is still in the window.
 *
 * Source: `add_restart` in OTP's `lib/stdlib/src/supervisor.erl`.
 */
export class RestartIntensity {
  readonly #rule: Required<Intensity>;
  #times: number[] = [];

  constructor(rule: Intensity = DEFAULT_INTENSITY) {
    const { backoffMs: shortest, maxBackoffMs: longest } = DEFAULT_INTENSITY;
    // A field may be present and undefined.
    const { backoffMs = shortest, maxBackoffMs = longest } = rule;
    this.#rule = { ...rule, backoffMs, maxBackoffMs };
  }

  get rule(): Required<Intensity> {
    return this.#rule;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    return { rule: this.#rule, times: this.#times };
  }

  /**
   * Counts one more restart.
   *
   * @param chance from 0 to below 1; shortens the wait by up to half, so that agents that failed
   * together are not restarted together
   * @returns the wait before the restart, or undefined when the intensity is exceeded
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
    // The exponent is bounded, because a backoff of 0 times an infinite factor is not a number.
    const doubled = backoffMs * 2 ** Math.min(restarts - 1, 64);
    const longest = Math.min(maxBackoffMs, doubled);
    return { restarts, delayMs: Math.round(longest * (1 - chance / 2)) };
  }
}
