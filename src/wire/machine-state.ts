import type { Json } from "./json.ts";

/** The most characters of an encoded state. */
export const MAX_ENCODED_CHARACTERS = 16 * 1024 * 1024;

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

/** Returns a state in the form that people read. */
export function readableState(state: Json | undefined): Json {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return state ?? null;
  const { encoded: _, ...readable } = state as { readonly [name: string]: Json };
  return readable;
}
