import type { Journal, JournaledEvent } from "./journal.ts";
import type { Shelf } from "./retention.ts";

/** The most bytes of facts in one read; a single larger fact is read alone. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

/**
 * A journal in memory: its oldest facts are dropped on demand, and all of it ends with the process.
 */
export class MemoryJournal implements Journal, Shelf {
  #events: (JournaledEvent | undefined)[] = [];
  #sizes: number[] = [];
  /** The index of the oldest fact in `#events`. */
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
    // Compacted when half of the array is free, so that each fact is moved about once.
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
      if (bytes > MAX_READ_BYTES && to > from) break;
    }
    return this.#events.slice(from, to) as JournaledEvent[];
  }
}
