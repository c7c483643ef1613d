/** How often it is looked at. */
const TICK_MS = 2;

/** What nobody may hold the supervisor's thread for: generous, the machine may have other work. */
export const MAX_PAUSE_MS = 300;

/**
 * The longest that this thread was busy without a break.
 *
 * Time in which the system ran other programs does not count: of the time between two looks only
 * what this thread computed does, where the system can tell it.
 */
export class LongestPause implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #at = performance.now();
  #busy = busyMs();
  #longest = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), TICK_MS);
  }

  /** Milliseconds, since the last time it was asked. */
  take(): number {
    this.#look();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  #look(): void {
    const [at, busy] = [performance.now(), busyMs()];
    this.#longest = Math.max(this.#longest, Math.min(at - this.#at, busy - this.#busy));
    [this.#at, this.#busy] = [at, busy];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function busyMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
