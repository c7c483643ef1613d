import { CoppiceError } from "../errors.ts";
import { shorten } from "../wire/clip.ts";

const PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NUMBERED = /^(.+)-([1-9][0-9]*)$/;

/**
 * The names ever used below one parent, so that a path means one agent for ever. After a restart of
 * the parent all names are free again; an agent that takes a used one is the next incarnation at
 * that path.
 *
 * A counter per base serves generated names (`reviewer`, `reviewer-2`), so that a service that runs
 * for ever need not store each of them. A name chosen by hand is a base used once.
 */
export class Names {
  /** Allocated with the first name; most agents have no children. */
  #made: Map<string, number> | undefined;
  /** The counters of the names given before the parent was restarted. */
  #former: Map<string, number> | undefined;
  /** The highest incarnation of forgotten descendants, at any depth. */
  #forgotten = 0;
  /** The highest incarnation of forgotten agents at and below this path, before this agent. */
  readonly #before: number;

  constructor(before = 0) {
    this.#before = before;
  }

  get forgotten(): number {
    return Math.max(this.#forgotten, this.#before);
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const { forgotten } = this;
    return { made: this.#made, former: this.#former, forgotten, before: this.#before };
  }

  /** Takes a name made from `base`, with a number when the base was used before. */
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

  /** Takes exactly this name. **Fails with** NAME_INVALID when it was used before. */
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

  /** Frees the last name taken from a base, or a chosen name, when no agent bears it after all. */
  giveBack(base: string): void {
    const counts = this.#counts();
    const count = (counts.get(base) ?? 0) - 1;
    if (count > 0) counts.set(base, count);
    else counts.delete(base);
  }

  /** Frees every name, because the parent is restarted. */
  renew(): void {
    for (const [base, count] of this.#made ?? []) {
      this.#former ??= new Map();
      this.#former.set(base, Math.max(count, this.#former.get(base) ?? 0));
    }
    this.#made = undefined;
  }

  /** Records the incarnation of a child that is no longer kept. */
  forget(incarnation: number): void {
    this.#forgotten = Math.max(this.#forgotten, incarnation);
  }

  /** Returns the highest incarnation that a forgotten agent of this name may have had. */
  formerly(name: string): number {
    const former = this.#former ?? new Map();
    return former.has(name) || wasNumbered(former, name) ? this.forgotten : this.#before;
  }

  #counts(): Map<string, number> {
    this.#made ??= new Map();
    return this.#made;
  }
}

/** True when the name was given by counting up: `reviewer-2` after two reviewers. */
function wasNumbered(counts: ReadonlyMap<string, number>, name: string): boolean {
  const match = NUMBERED.exec(name);
  if (match === null) return false;
  const number = Number(match[2]);
  return number > 1 && (counts.get(match[1] as string) ?? 0) >= number;
}

/** Checks that a name can be the last part of a path. **Fails with** NAME_INVALID. */
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
