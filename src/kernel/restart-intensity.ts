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

  constructor(rule: Intensity | undefined) {
    this.#rule = { ...DEFAULT_INTENSITY, ...rule };
  }

  get rule(): Required<Intensity> {
    return this.#rule;
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
    const longest = Math.min(maxBackoffMs, backoffMs * 2 ** (restarts - 1));
    return { restarts, delayMs: Math.round(longest * (1 - chance / 2)) };
  }
}
