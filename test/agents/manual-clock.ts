import type { Clock } from "../../src/wire/clock.ts";

export interface ManualClock extends Clock {
  /** Lets time go by and fires what falls due, in order. */
  advance(ms: number): void;
  /** Timers that are armed. */
  readonly armed: number;
}

export function manualClock(): ManualClock {
  const timers = new Map<number, { readonly dueAt: number; readonly callback: () => void }>();
  let [now, id] = [0, 0];
  return {
    now: () => now,
    wall: () => now,
    setTimeout(callback, delayMs) {
      id += 1;
      timers.set(id, { dueAt: now + delayMs, callback });
      return id;
    },
    clearTimeout: (armed) => timers.delete(armed as number),
    advance(ms) {
      now += ms;
      const due = [...timers].filter(([, { dueAt }]) => dueAt <= now);
      for (const [armed, { callback }] of due.sort(([, a], [, b]) => a.dueAt - b.dueAt)) {
        timers.delete(armed);
        callback();
      }
    },
    get armed() {
      return timers.size;
    },
  };
}
