import type { Journal, JournaledEvent } from "./journal.ts";
import type { Shelf } from "./retention.ts";

/** What is read at once ends behind the fact with which it holds more bytes. */
const MOST_READ_BYTES = 4 * 1024 * 1024;

/** A journal that forgets its oldest facts when it is told to, and is gone with the process. */
export class MemoryJournal implements Journal, Shelf {
  #events: (JournaledEvent | undefined)[] = [];
  #sizes: number[] = [];
  /** Where in them the oldest fact is. */
  #head = 0;
  #last = 0;
  bytes = 0;

  get last(): number {
    return this.#last;
  }

  get first(): number {
    return this.#last - (this.#events.length - this.#head) + 1;
  }

  get oldest(): number {
    return this.#events[this.#head]?.seq ?? Number.POSITIVE_INFINITY;
  }

  append(event: JournaledEvent, bytes: number): void {
    this.#last = event.seq;
    this.#events.push(event);
    this.#sizes.push(bytes);
    this.bytes += bytes;
  }

  dropOldest(): void {
    this.bytes -= this.#sizes[this.#head] ?? 0;
    this.#events[this.#head] = undefined;
    this.#head += 1;
    // Moved only when that is worth it, so that each fact is moved about once.
    if (this.#head * 2 < this.#events.length) return;
    this.#events = this.#events.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#head = 0;
  }

  read(since: number, limit: number): readonly JournaledEvent[] {
    const from = this.#head + Math.max(0, since + 1 - this.first);
    let to = from;
    for (let bytes = 0; to < this.#events.length && to - from < limit; to += 1) {
      bytes += this.#sizes[to] as number;
      if (bytes > MOST_READ_BYTES && to > from) break;
    }
    return this.#events.slice(from, to) as JournaledEvent[];
  }
}
