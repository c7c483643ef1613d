import type { Clock } from "../wire/clock.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";

interface Armed {
  readonly at: number;
  readonly run: () => void;
}

/** The most milliseconds by which a timer can be late. */
const MAX_LATE_MS = 3_000;

/** The time of a simulation: it passes when that is chosen, from timer to timer. */
export class SimulatedTime implements ChoiceSource {
  readonly #random: Random;
  readonly #lateness: number;
  readonly #clocks = new Set<SimulatedClock>();
  now = Date.UTC(2026, 0, 1);
  /** Milliseconds by which the wall clock is ahead of `now`: negative when it was set back. */
  ahead = 0;

  /** @param lateness the rate, from 0 to 1, at which time passes early or for longer */
  constructor(random: Random, lateness: number) {
    this.#random = random;
    this.#lateness = lateness;
  }

  /**
   * Creates a clock of this time; each clock fires its own timers in order, as its thread would.
   */
  clock(owner: string): SimulatedClock {
    const clock = new SimulatedClock(this, owner);
    this.#clocks.add(clock);
    return clock;
  }

  /** Drops a clock with all of its timers. */
  drop(clock: SimulatedClock): void {
    this.#clocks.delete(clock);
  }

  /** Returns the number of timers that have not fired. */
  get armed(): number {
    let armed = 0;
    for (const clock of this.#clocks) armed += clock.armed;
    return armed;
  }

  offer(to: Choice[]): void {
    for (const clock of this.#clocks) clock.offer(to);
    // Usually time passes only when there is no other choice: otherwise every deadline would pass.
    if (to.length === 0 || this.#random.chance(this.#lateness)) this.#offerNext(to);
  }

  #offerNext(to: Choice[]): void {
    let next = Number.POSITIVE_INFINITY;
    for (const clock of this.#clocks) {
      if (!clock.halted && clock.next > this.now) next = Math.min(next, clock.next);
    }
    if (next === Number.POSITIVE_INFINITY) return;
    to.push({
      kind: "time",
      what: `time goes on by ${next - this.now} ms`,
      run: () => {
        const late = this.#random.chance(this.#lateness) ? this.#random.below(MAX_LATE_MS) : 0;
        this.now = next + late;
      },
    });
  }
}

/** The clock of one thread of a simulation. */
export class SimulatedClock implements Clock, ChoiceSource {
  readonly #time: SimulatedTime;
  readonly #owner: string;
  readonly #timers = new Set<Armed>();
  /** True while its thread is frozen: no timer fires. */
  halted = false;

  constructor(time: SimulatedTime, owner: string) {
    this.#time = time;
    this.#owner = owner;
  }

  now(): number {
    return this.#time.now;
  }

  wall(): number {
    return this.#time.now + this.#time.ahead;
  }

  setTimeout(run: () => void, delayMs: number): unknown {
    const timer: Armed = { at: this.#time.now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Armed);
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** Returns the time of its earliest timer; infinite when it has none. */
  get next(): number {
    return this.#earliest()?.at ?? Number.POSITIVE_INFINITY;
  }

  offer(to: Choice[]): void {
    const timer = this.#earliest();
    if (this.halted || timer === undefined || timer.at > this.#time.now) return;
    to.push({
      kind: `timers of ${this.#owner}`,
      what: `a timer of ${this.#owner} fires, ${this.#time.now - timer.at} ms late`,
      run: () => {
        this.#timers.delete(timer);
        timer.run();
      },
    });
  }

  #earliest(): Armed | undefined {
    let first: Armed | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}
