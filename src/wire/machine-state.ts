import type { Json } from "./json.ts";

/** The longest text that stands for a state, in characters. */
export const MOST_ENCODED_CHARACTERS = 16 * 1024 * 1024;

/** A custom machine's state as it travels. */
export interface MachineState {
  /** Its persisted snapshot as JSON: for people too, where `encoded` is what is restored. */
  readonly machine: Json;
  /**
   * The same with what JSON cannot hold: dates, maps, sets. Only hosts decode it; to everybody
   * else it is a text. Left out where JSON holds all of it.
   */
  readonly encoded?: string;
  /** Calls numbered so far. */
  readonly count: number;
  /** Asks without an answer, oldest first. */
  readonly asks: readonly string[];
}

/** A state as people read it. */
export function readableState(state: Json | undefined): Json {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return state ?? null;
  const { encoded: _, ...readable } = state as { readonly [name: string]: Json };
  return readable;
}
