import type { Figure } from "./figure.ts";

/** The modules with figures, by the name of what they export. */
const MODULES = [
  ["./port.ts", "port"],
  ["./turns.ts", "oneAgent"],
  ["./turns.ts", "manyAgents"],
  ["./spawns.ts", "spawns"],
  ["./isolated.ts", "isolated"],
  ["./messages.ts", "messages"],
  ["./between.ts", "between"],
  ["./contexts.ts", "contexts"],
  ["./single-side.ts", "singleSide"],
  ["./first-version.ts", "firstVersion"],
  ["./cancel.ts", "cancel"],
  ["./cancel.ts", "cancelLoaded"],
  ["./runaway.ts", "runaway"],
  ["./memory.ts", "heap"],
  ["./memory.ts", "resident"],
  ["./growth.ts", "growth"],
] as const;

/**
 * Imports the figures of this commit, or of another one at `base`, the URL of its `test/bench/`;
 * those that it has not are left out.
 */
export async function importFigures(base: string = import.meta.url): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const [file, name] of MODULES) {
    const module: unknown = await import(new URL(file, base).href).catch(() => ({}));
    const found = (module as { readonly [name: string]: Figure | readonly Figure[] })[name];
    if (found !== undefined) figures.push(...[found].flat());
  }
  return figures;
}
