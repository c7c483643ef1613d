/** The share of the bound that is dropped beyond what is necessary. */
const SLACK = 1 / 64;

/** A store that keeps its items in order of age and can drop the oldest. */
export interface Shelf {
  /** The approximate bytes of memory of all its items. */
  readonly bytes: number;
  /**
   * The age of the oldest item that can be dropped, as the `seq` of a fact; infinite when there is
   * none.
   */
  readonly oldest: number;
  dropOldest(): void;
}

/** Bounds the memory of several shelves together: the oldest item is dropped first. */
export class Retention {
  readonly mostBytes: number;
  readonly #shelves: Shelf[] = [];
  #isDeferred = false;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** Adds a shelf; of items of the same age, those of an earlier shelf are dropped first. */
  add(shelf: Shelf): void {
    this.#shelves.push(shelf);
  }

  /** Defers dropping until `release`, so that a step in progress keeps its items. */
  defer(): void {
    this.#isDeferred = true;
  }

  release(): void {
    if (!this.#isDeferred) return;
    this.#isDeferred = false;
    this.trim();
  }

  trim(): void {
    if (this.#isDeferred || this.#bytes <= this.mostBytes) return;
    // Drops slightly more than necessary, so that not every new fact drops another.
    const enough = this.mostBytes * (1 - SLACK);
    while (this.#bytes > enough) {
      const { shelf, next } = this.#oldest();
      if (shelf === undefined) return;
      do shelf.dropOldest();
      while (shelf.oldest < next && this.#bytes > enough);
    }
  }

  get #bytes(): number {
    let bytes = 0;
    for (const shelf of this.#shelves) bytes += shelf.bytes;
    return bytes;
  }

  /** Returns the shelf with the oldest item, and the age of the oldest item on the others. */
  #oldest(): { readonly shelf: Shelf | undefined; readonly next: number } {
    let found: Shelf | undefined;
    let age = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const shelf of this.#shelves) {
      const { oldest } = shelf;
      if (oldest < age) [found, age, next] = [shelf, oldest, age];
      else if (oldest < next) next = oldest;
    }
    return { shelf: found, next };
  }
}
