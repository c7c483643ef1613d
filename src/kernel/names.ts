import { CoppiceError } from "../errors.ts";
import { shorten } from "../wire/clip.ts";

const PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NUMBERED = /^(.+)-([1-9][0-9]*)$/;

/**
 * The names ever used under one parent: a path means one agent for ever. A parent that begins anew
 * has them all to give again, and whoever gets one is the next incarnation at that path.
 *
 * A counter for each base serves generated names (`reviewer`, `reviewer-2`), so a service that
 * runs for ever does not remember each of them; a name chosen by hand is a base used once.
 */
export class Names {
  /** Made with the first name: most agents have no children. */
  #made: Map<string, number> | undefined;
  /** What was given before the parent began anew. */
  #former: Map<string, number> | undefined;
  /** The highest incarnation of those, at any depth, who are not kept any more. */
  #forgotten = 0;
  /** The same of those under an agent that is not kept any more, and had this path. */
  readonly #before: number;

  constructor(before = 0) {
    this.#before = before;
  }

  get forgotten(): number {
    return Math.max(this.#forgotten, this.#before);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const { forgotten } = this;
    return { made: this.#made, former: this.#former, forgotten, before: this.#before };
  }

  /** Takes a name made from `base`, with a number when it was used before. */
  make(base: string): string {
    checkName(base);
    const counts = this.#counts();
    for (;;) {
      const count = (counts.get(base) ?? 0) + 1;
      counts.set(base, count);
      const name = count === 1 ? base : `${base}-${count}`;
      const isTaken = count === 1 ? wasNumbered(counts, name) : counts.has(name);
      if (!isTaken) return name;
    }
  }

  /** Takes exactly this name. Fails with NAME_INVALID when it was ever used here. */
  choose(name: string): string {
    checkName(name);
    const counts = this.#counts();
    if (counts.has(name) || wasNumbered(counts, name)) {
      throw new CoppiceError(
        "NAME_INVALID",
        `the name "${name}" was used before here: take another one`,
        { name },
      );
    }
    counts.set(name, 1);
    return name;
  }

  /** Frees what was taken last of a base or a chosen name, because nobody bears it after all. */
  giveBack(base: string): void {
    const counts = this.#counts();
    const count = (counts.get(base) ?? 0) - 1;
    if (count > 0) counts.set(base, count);
    else counts.delete(base);
  }

  /** Its parent begins anew: every name is free again. */
  renew(): void {
    for (const [base, count] of this.#made ?? []) {
      this.#former ??= new Map();
      this.#former.set(base, Math.max(count, this.#former.get(base) ?? 0));
    }
    this.#made = undefined;
  }

  /** Nobody is kept any more who bore a name here. */
  forget(incarnation: number): void {
    this.#forgotten = Math.max(this.#forgotten, incarnation);
  }

  /** The last incarnation that there may have been of somebody who is not kept any more. */
  formerly(name: string): number {
    const former = this.#former ?? new Map();
    return former.has(name) || wasNumbered(former, name) ? this.forgotten : this.#before;
  }

  #counts(): Map<string, number> {
    this.#made ??= new Map();
    return this.#made;
  }
}

/** True when the name could only have come from counting up: `reviewer-2` after two reviewers. */
function wasNumbered(counts: ReadonlyMap<string, number>, name: string): boolean {
  const match = NUMBERED.exec(name);
  if (match === null) return false;
  const number = Number(match[2]);
  return number > 1 && (counts.get(match[1] as string) ?? 0) >= number;
}

/** Fails with NAME_INVALID unless the name can be the last part of a path. */
export function checkName(name: string): void {
  if (!PATTERN.test(name)) {
    const shown = shorten(name, 80);
    throw new CoppiceError(
      "NAME_INVALID",
      `"${shown}" cannot be the last part of a path: use letters, digits, ".", "_" and "-"`,
      {
        name: shown,
      },
    );
  }
}
