import type { Spread, Target } from "./figure.ts";

/** What was found of one figure, or why nothing was. */
export type Found = Spread | { readonly failed: string };

/** A figure with what was found of it: all that the pages are made of. */
export interface Recorded {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly target: Target;
  readonly found: Found;
}

/** What a library took of one contest, per turn. */
export interface Cost {
  /** Microseconds on the clock. */
  readonly us: Spread;
  /** Microseconds of processor time of all threads of its process. */
  readonly cpuUs: Spread;
}

/** One library in both contests. */
export interface Standing {
  readonly name: string;
  /** Of a package; ours is that of this commit. */
  readonly version: string | null;
  /** 500 agents at once. */
  readonly many: Cost | { readonly failed: string } | null;
  /** One agent after another. */
  readonly one: Cost | { readonly failed: string } | null;
}

/** The file `docs/figures.json`: everything that the command for the table found. */
export interface Figures {
  readonly node: string;
  readonly cores: number;
  /** The load average when it began. */
  readonly load: number;
  /** The day on which it was measured. */
  readonly day: string;
  /** Few rounds of everything: a first look. */
  readonly isShort: boolean;
  readonly standings: readonly Standing[];
  /** The figures with a goal, in the order of the table. */
  readonly goals: readonly Recorded[];
}

/** The library with its version. */
export function labelOf({ name, version }: Standing): string {
  return version === null ? name : `${name} ${version}`;
}

export function isFailed<T extends object>(
  found: T | { readonly failed: string },
): found is { readonly failed: string } {
  return "failed" in found;
}

/** Why something failed, for a cell of a table: one line, without the folders of this machine. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [line = ""] = text.replaceAll("|", "/").split("\n");
  return line.replaceAll(/(?:file:\/\/)?(?:\/[\w.@+-]+)+\//g, "").slice(0, 200);
}
