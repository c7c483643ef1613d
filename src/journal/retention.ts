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
  #holds = 0;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** Of the same age, what stands on an earlier shelf goes first. */
  add(shelf: Shelf): void {
    this.#shelves.push(shelf);
  }

  /** Nothing goes until it is released, because somebody is at work with what is there. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    this.trim();
  }

  trim(): void {
    while (this.#holds === 0 && this.#bytes > this.mostBytes) {
      const shelf = this.#oldest();
      if (shelf === undefined) return;
      shelf.dropOldest();
    }
  }

  get #bytes(): number {
    let bytes = 0;
    for (const shelf of this.#shelves) bytes += shelf.bytes;
    return bytes;
  }

  #oldest(): Shelf | undefined {
    let found: Shelf | undefined;
    for (const shelf of this.#shelves) {
      if (shelf.oldest < (found?.oldest ?? Number.POSITIVE_INFINITY)) found = shelf;
    }
    return found;
  }
}
