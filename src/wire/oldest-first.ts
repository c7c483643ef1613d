/**
 * A map that knows its oldest entry.
 *
 * A new iterator of a map passes all entries that were deleted before the first one, so each look
 * costs more than the last. This one goes on where it stood.
 */
export class OldestFirst<Key, Value> {
  readonly #map = new Map<Key, Value>();
  readonly #keys = this.#map.keys();
  /** The key at which `#keys` stands; undefined when that entry was deleted. */
  #first: { readonly key: Key } | undefined;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  /** Visits the entries, the oldest first. */
  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#map.entries();
  }

  /** Adds an entry as the newest one; a key that is there keeps its place. */
  set(key: Key, value: Value): void {
    this.#map.set(key, value);
  }

  /** Removes an entry and returns its value. */
  take(key: Key): Value | undefined {
    const value = this.#map.get(key);
    if (this.#first?.key === key) this.#first = undefined;
    this.#map.delete(key);
    return value;
  }

  /** Returns the key of the oldest entry. */
  get oldest(): Key | undefined {
    if (this.#first !== undefined) return this.#first.key;
    // At its end an iterator would stay there, whatever is added.
    if (this.#map.size === 0) return undefined;
    const { value } = this.#keys.next() as IteratorYieldResult<Key>;
    this.#first = { key: value };
    return value;
  }
}
