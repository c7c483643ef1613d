/** A name of the service's letters, as keys of schemas may have them. */
const FIT = /^[a-zA-Z0-9_.-]{1,64}$/;
const LONGEST = 64;

/** True where the Messages API takes it as the key of a property. */
export function isFitKey(key: string): boolean {
  return FIT.test(key);
}

/** Makes names that the Messages API takes, each of them once. */
export class FreeNames {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** A name as near to this one as can be: `$filter` is `filter`, the second `filter_2`. */
  nameFor(key: string): string {
    const base = fitting(key);
    let name = base;
    for (let n = this.#next.get(base) ?? 2; this.#taken.has(name); n += 1) {
      name = `${base.slice(0, LONGEST - `_${n}`.length)}_${n}`;
      this.#next.set(base, n + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

function fitting(key: string): string {
  const letters = key
    .slice(0, 4 * LONGEST)
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-zA-Z0-9_.-]+/g, "_")
    .slice(0, LONGEST)
    .replace(/^_+|_+$/g, "");
  const name = letters === "" ? "key" : letters;
  // What every object inherits is no name for a key of one.
  return name in {} ? `${name}_` : name;
}
