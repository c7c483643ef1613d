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
  readonly version: string;
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
