/** An entry that is due at a time, in milliseconds of the supervisor's clock. */
export interface Deadline<T> {
  readonly at: number;
  readonly what: T;
}

/** The number of deadlines below which none is swept out before its time. */
const SWEPT_FROM = 1024;

/**
 * A binary heap of deadlines. Reading the earliest costs O(1), adding one costs O(log n).
 *
 * Entries that are no longer live are swept out whenever the heap has doubled, so that the long
 * deadlines of agents that ended early do not pile up.
 */
export class Deadlines<T> {
  readonly #isLive: (what: T) => boolean;
  #heap: Deadline<T>[] = [];
  #sweepAt = SWEPT_FROM;

  constructor(isLive: (what: T) => boolean) {
    this.#isLive = isLive;
  }

  get size(): number {
    return this.#heap.length;
  }

  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): readonly Deadline<T>[] {
    return this.#heap;
  }

  add(at: number, what: T): void {
    if (this.#heap.length >= this.#sweepAt) this.#sweep();
    this.#push({ at, what });
  }

  /** Removes and returns every entry that is due. */
  take(now: number): readonly T[] {
    const due: T[] = [];
    while (this.#heap.length > 0 && this.#at(0) <= now) due.push(this.#pop());
    return due;
  }

  #push(deadline: Deadline<T>): void {
    const heap = this.#heap;
    heap.push(deadline);
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) break;
      this.#swap(parent, child);
      child = parent;
    }
  }

  #sweep(): void {
    const live = this.#heap.filter(({ what }) => this.#isLive(what));
    this.#heap = [];
    for (const deadline of live) this.#push(deadline);
    this.#sweepAt = Math.max(SWEPT_FROM, 2 * live.length);
  }

  #pop(): T {
    const heap = this.#heap;
    const first = heap[0] as Deadline<T>;
    const last = heap.pop() as Deadline<T>;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first.what;
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#heap.length && this.#at(child) < this.#at(least)) least = child;
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #at(index: number): number {
    return (this.#heap[index] as Deadline<T>).at;
  }

  #swap(a: number, b: number): void {
    const first = this.#heap[a] as Deadline<T>;
    this.#heap[a] = this.#heap[b] as Deadline<T>;
    this.#heap[b] = first;
  }
}
