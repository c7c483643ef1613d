/** Of what is kept, how much goes at once beyond what has to. */
const SLACK = 1 / 64;

/** A place where things are kept in the order of their age, and from which the oldest can go. */
export interface Shelf {
  /** About how many bytes of memory all of it holds. */
  readonly bytes: number;
  /** The age of the oldest that may go, as the `seq` of a fact; infinite where none may. */
  readonly oldest: number;
  dropOldest(): void;
}

/** Lets what is kept on several shelves together hold so many bytes: the oldest goes first. */
export class Retention {
  readonly mostBytes: number;
  readonly #shelves: Shelf[] = [];
  #isHeld = false;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** Of the same age, what stands on an earlier shelf goes first. */
  add(shelf: Shelf): void {
    this.#shelves.push(shelf);
  }

  /** Nothing goes until it is released, because somebody is at work with what is there. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.trim();
  }

  trim(): void {
    if (this.#isHeld || this.#bytes <= this.mostBytes) return;
    // A little more than has to go, so that this is not done for each fact.
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

  /** The shelf with the oldest, and the age of the oldest on the others. */
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
