import type { Journal, JournaledEvent } from "./journal.ts";

/** Facts that a memory journal keeps, so that a service that runs for ever does not grow. */
export const FACTS_KEPT = 20_000;

/** A journal that forgets: the newest `capacity` facts, gone with the process. */
export class MemoryJournal implements Journal {
  readonly #ring: JournaledEvent[] = [];
  readonly #capacity: number;
  #last = 0;

  constructor(capacity: number = FACTS_KEPT) {
    this.#capacity = capacity;
  }

  get last(): number {
    return this.#last;
  }

  get first(): number {
    return Math.max(1, this.#last - this.#capacity + 1);
  }

  append(event: JournaledEvent): void {
    this.#last = event.seq;
    this.#ring[event.seq % this.#capacity] = event;
  }

  read(since: number, limit: number): readonly JournaledEvent[] {
    const events: JournaledEvent[] = [];
    const from = Math.max(since + 1, this.first);
    for (let seq = from; seq <= this.#last && events.length < limit; seq += 1) {
      events.push(this.#ring[seq % this.#capacity] as JournaledEvent);
    }
    return events;
  }
}
