import { ManualClock as Standing } from "../../src/testing/manual-clock.ts";

/** A clock that stands still until it is told; `nextTimer` waits until somebody waits. */
export class ManualClock extends Standing {
  readonly #delays = new Map<unknown, number>();
  readonly #watchers: ((delayMs: number) => void)[] = [];

  override setTimeout(run: () => void, delayMs: number): unknown {
    const timer = super.setTimeout(() => {
      this.#delays.delete(timer);
      run();
    }, delayMs);
    this.#delays.set(timer, delayMs);
    this.#watchers.shift()?.(delayMs);
    return timer;
  }

  override clearTimeout(timer: unknown): void {
    this.#delays.delete(timer);
    super.clearTimeout(timer);
  }

  /** The delay of the timer that is armed, or of the next one to be. */
  async nextTimer(): Promise<number> {
    const [first] = this.#delays.values();
    return first ?? new Promise((resolve) => this.#watchers.push(resolve));
  }
}
