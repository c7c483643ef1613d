import type { Clock } from "../../src/wire/clock.ts";

interface Armed {
  readonly at: number;
  readonly delayMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told; `nextTimer` waits until somebody waits. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Armed>();
  readonly #watchers: ((timer: Armed) => void)[] = [];
  #now = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.#now + delayMs, delayMs, callback };
    this.#timers.add(timer);
    this.#watchers.shift()?.(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    this.#timers.delete(id as Armed);
  }

  get armed(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.callback();
    }
  }

  /** The delay of the timer that is armed, or of the next one to be. */
  async nextTimer(): Promise<number> {
    const [first] = this.#timers;
    if (first) return first.delayMs;
    return new Promise((resolve) => {
      this.#watchers.push(({ delayMs }) => resolve(delayMs));
    });
  }
}
