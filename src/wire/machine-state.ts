import type { Json } from "./json.ts";
import type { JsonBound } from "./json-bound.ts";

/** The most characters of an encoded state. */
export const MAX_ENCODED_CHARACTERS = 16 * 1024 * 1024;

/** The bound of a state, which is deeper than a message: XState nests a machine's values. */
export const STATE_BOUND: JsonBound = { depth: 600, values: 1_000_000, bytes: 64_000_000 };

/** A custom machine's state as it is sent. */
export interface MachineState {
  /**
   * The persisted snapshot as JSON; when `encoded` is set it is for people only, and `encoded` is
   * restored.
   */
  readonly machine: Json;
  /**
   * The same with values that JSON cannot hold: dates, maps, sets. Only hosts decode it; elsewhere
   * it is an opaque text. Left out when JSON holds all of it.
   */
  readonly encoded?: string;
  /** The number of calls so far. */
  readonly count: number;
  /** The asks without an answer, oldest first. */
  readonly asks: readonly string[];
}

/** Returns a copy of a state in the form that people read; the next frame changes it in place. */
export function readableState(state: Json | undefined): Json {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    return copyOf(state ?? null);
  }
  const { encoded: _, ...readable } = state as { readonly [name: string]: Json };
  return copyOf(readable);
}

function copyOf(state: Json): Json {
  return JSON.parse(JSON.stringify(state));
}
