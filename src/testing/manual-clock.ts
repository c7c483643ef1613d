import type { Clock } from "../wire/clock.ts";

/** Timers that one `advance` runs before it takes them for an endless chain. */
const MOST_RUNS = 100_000;

interface Armed {
  readonly at: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until it is told to go on: for `SupervisorOptions.clock`.
 *
 * **Guarantees** timers run in the order of their times, those of one time in the order in which
 * they were set, each seeing its own time as now.
 * **Gotcha** it drives what the supervisor itself waits for: `timeoutMs`, grace, deadlines of
 * tools. Threads keep the system's time: a model that is retried there waits for real.
 *
 * It has both times: what passes (`now`), and the date (`wall`), which goes along and can be set
 * by itself, as when a computer has slept or somebody has set its clock.
 * @example
 * const clock = new ManualClock();
 * await using supervisor = await Supervisor.start({ clock, agents });
 * const ref = await supervisor.spawn("slow", { input: "go", timeoutMs: 60_000 });
 * clock.advance(60_000);
 * const outcome = await ref.outcome; // { status: "timed-out", … }
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Armed>();
  #now: number;
  /** How far the date is ahead of what has passed. */
  #ahead = 0;

  /** @param now milliseconds since the epoch; default: the first of January 2026 */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  /** What has passed, in milliseconds: it begins as the date does, and no jump moves it. */
  now(): number {
    return this.#now;
  }

  /** The date, in milliseconds since the epoch. */
  wall(): number {
    return this.#now + this.#ahead;
  }

  /**
   * Sets the date, forward or back: nothing passes, no timer runs.
   *
   * **Fails with** a RangeError for what is no date.
   * @param date milliseconds since the epoch
   */
  setWall(date: number): void {
    if (Number.isNaN(new Date(date).getTime())) throw new RangeError(`setWall: ${date} is no date`);
    this.#ahead = date - this.#now;
  }

  /**
   * The computer sleeps: the date goes on, and nothing else does.
   *
   * **Fails with** a RangeError for a time that is negative or no number.
   */
  sleep(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`sleep: ${ms} is no number of milliseconds`);
    this.setWall(this.wall() + ms);
  }

  setTimeout(run: () => void, delayMs: number): unknown {
    const timer: Armed = { at: this.#now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Armed);
  }

  /** Timers that have not run. */
  get armed(): number {
    return this.#timers.size;
  }

  /**
   * Goes on by some time and runs what is due meanwhile, timers set on the way included.
   *
   * **Fails with** a RangeError for a time that is negative or no number, and when timers set
   * each other for ever.
   * **Gotcha** promises that a timer settles are seen by others only after the caller awaits.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`advance: ${ms} is no number of milliseconds`);
    const until = this.#now + ms;
    for (let runs = 0; ; runs += 1) {
      const next = this.#next(until);
      if (next === undefined) break;
      if (runs === MOST_RUNS) throw new RangeError(`advance: ${runs} timers ran, and more are due`);
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
