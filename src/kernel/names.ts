import { CoppiceError } from "../errors.ts";

const PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NUMBERED = /^(.+)-([1-9][0-9]*)$/;

/**
 * The names ever used under one parent: a path means one agent for ever.
 *
 * A counter for each base serves generated names (`reviewer`, `reviewer-2`), so a service that
 * runs for ever does not remember each of them; only names chosen by hand are kept.
 */
export class Names {
  readonly #counts = new Map<string, number>();
  readonly #chosen = new Set<string>();

  /** Takes a name made from `base`, with a number when it was used before. */
  make(base: string): string {
    checkName(base);
    for (;;) {
      const count = (this.#counts.get(base) ?? 0) + 1;
      this.#counts.set(base, count);
      const name = count === 1 ? base : `${base}-${count}`;
      const wasMade = count === 1 ? this.#wasNumbered(name) : this.#counts.has(name);
      if (!wasMade && !this.#chosen.has(name)) return name;
    }
  }

  /** Takes exactly this name. Fails with NAME_INVALID when it was ever used here. */
  choose(name: string): string {
    checkName(name);
    if (this.#chosen.has(name) || this.#counts.has(name) || this.#wasNumbered(name)) {
      throw new CoppiceError("NAME_INVALID", `the name "${name}" was used before here`, { name });
    }
    this.#chosen.add(name);
    return name;
  }

  /** Frees the name that was taken last, because nobody bears it after all. */
  giveBack(name: string, base: string): void {
    if (this.#chosen.delete(name)) return;
    const count = (this.#counts.get(base) ?? 0) - 1;
    if (count > 0) this.#counts.set(base, count);
    else this.#counts.delete(base);
  }

  /** True when the name could only have come from counting up: `reviewer-2` after two reviewers. */
  #wasNumbered(name: string): boolean {
    const match = NUMBERED.exec(name);
    if (match === null) return false;
    const number = Number(match[2]);
    return number > 1 && (this.#counts.get(match[1] as string) ?? 0) >= number;
  }
}

/** Fails with NAME_INVALID unless the name can be the last part of a path. */
export function checkName(name: string): void {
  if (!PATTERN.test(name)) {
    const shown = name.length > 80 ? `${name.slice(0, 80)}...` : name;
    throw new CoppiceError("NAME_INVALID", `"${shown}" cannot be the last part of a path`, {
      name: shown,
    });
  }
}
