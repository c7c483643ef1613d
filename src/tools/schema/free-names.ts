/** The names that the Messages API takes as keys of schemas. */
const FIT = /^[a-zA-Z0-9_.-]{1,64}$/;
const MAX_LENGTH = 64;

/** True when the Messages API takes it as the key of a property. */
export function isFitKey(key: string): boolean {
  return FIT.test(key);
}

/** Creates names that the Messages API takes; no two are equal. */
export class FreeNames {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Returns a name close to the key: `$filter` becomes `filter`, the second one `filter_2`. */
  nameFor(key: string): string {
    const base = fitting(key);
    let name = base;
    for (let n = this.#next.get(base) ?? 2; this.#taken.has(name); n += 1) {
      name = `${base.slice(0, MAX_LENGTH - `_${n}`.length)}_${n}`;
      this.#next.set(base, n + 1);
    }
    this.#taken.add(name);
    return name;
  }
}

function fitting(key: string): string {
  const letters = key
    .slice(0, 4 * MAX_LENGTH)
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-zA-Z0-9_.-]+/g, "_")
    .slice(0, MAX_LENGTH)
    .replace(/^_+|_+$/g, "");
  const name = letters === "" ? "key" : letters;
  // Names that every object inherits are not used as keys.
  return name in {} ? `${name}_` : name;
}
