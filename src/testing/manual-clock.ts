import type { Clock } from "../wire/clock.ts";

/** The timers that one `advance` runs before it assumes an endless chain. */
const MAX_RUNS = 100_000;

interface Armed {
  readonly at: number;
  readonly run: () => void;
}

/**
 * A clock that moves only by hand, for `SupervisorOptions.clock`.
 *
 * **Guarantees** timers run in the order of their times, and timers of the same time in the order
 * in which they were set; each sees its own time as now.
 * **Gotcha** it drives the supervisor's own timers: `timeoutMs`, grace, deadlines of tools. Threads
 * use the system's time: a model call that is retried there waits in real time.
 *
 * It has two times: a monotonic one (`now`) and the wall clock (`wall`). The wall clock moves
 * along, and can be set by itself, as when a computer has slept or its clock was set.
 * @example
 * const clock = new ManualClock();
 * await using supervisor = await Supervisor.start({ clock, agents });
 * const ref = await supervisor.spawn("slow", { input: "go", timeoutMs: 60_000 });
 * clock.advance(60_000);
 * const outcome = await ref.outcome; // { status: "timed-out", … }
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Armed>();
  readonly #waiting: ((delayMs: number) => void)[] = [];
  #now: number;
  /** Milliseconds by which the wall clock is ahead of `now`. */
  #ahead = 0;

  /** @param now milliseconds since the epoch; default: the first of January 2026 */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  /**
   * Returns the monotonic time in milliseconds; it begins equal to the wall clock, and no jump
   * changes it.
   */
  now(): number {
    return this.#now;
  }

  /** Returns the wall-clock time, in milliseconds since the epoch. */
  wall(): number {
    return this.#now + this.#ahead;
  }

  /**
   * Sets the wall clock, forward or back: no time passes, no timer runs.
   *
   * **Fails with** a RangeError for an invalid date.
   * @param date milliseconds since the epoch
   */
  setWall(date: number): void {
    if (Number.isNaN(new Date(date).getTime())) throw new RangeError(`setWall: ${date} is no date`);
    this.#ahead = date - this.#now;
  }

  /**
   * Simulates the sleep of a computer: the wall clock moves, and nothing else does.
   *
   * **Fails with** a RangeError for a time that is negative or not a number.
   */
  sleep(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`sleep: ${ms} is no number of milliseconds`);
    this.setWall(this.wall() + ms);
  }

  /**
   * The thread stands still: time goes on, and no timer runs. What was due meanwhile runs late, in
   * the next `advance`.
   *
   * **Fails with** a RangeError for a time that is negative or no number.
   */
  standStill(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`standStill: ${ms} is no number of milliseconds`);
    this.#now += ms;
  }

  setTimeout(run: () => void, delayMs: number): unknown {
    const timer: Armed = { at: this.#now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    for (const resolve of this.#waiting.splice(0)) resolve(Math.max(0, delayMs));
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Armed);
  }

  /** Returns the number of timers that have not run. */
  get armed(): number {
    return this.#timers.size;
  }

  /**
   * Resolves with the milliseconds to the first timer that is due; without any, as soon as one is
   * set.
   */
  async nextTimer(): Promise<number> {
    const first = this.#next(Number.POSITIVE_INFINITY);
    if (first !== undefined) return Math.max(0, first.at - this.#now);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Lets time pass and runs the timers due meanwhile, including timers set on the way.
   *
   * **Fails with** a RangeError for a time that is negative or not a number, and when timers set
   * each other for ever.
   * **Gotcha** code that awaits a promise that a timer settles runs only after the caller awaits.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`advance: ${ms} is no number of milliseconds`);
    const until = this.#now + ms;
    for (let runs = 0; ; runs += 1) {
      const next = this.#next(until);
      if (next === undefined) break;
      if (runs === MAX_RUNS) throw new RangeError(`advance: ${runs} timers ran, and more are due`);
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = until;
  }

  #next(until: number): Armed | undefined {
    let first: Armed | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer;
    }
    return first;
  }
}
