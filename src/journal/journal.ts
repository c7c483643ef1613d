import type { RuntimeEvent } from "../wire/event.ts";

/** A fact as it is kept: it has its place in the sequence. */
export type JournaledEvent = RuntimeEvent & { readonly seq: number };

/**
 * Where facts are kept in the order they happened.
 *
 * The port of every store: memory now, a file later.
 */
export interface Journal {
  /**
   * Appends one fact; its `seq` is one more than the last.
   *
   * @param bytes about what it holds in memory
   */
  append(event: JournaledEvent, bytes: number): void;
  /** The oldest `seq` that can still be read; one more than the last when nothing is kept. */
  readonly first: number;
  /** The `seq` of the newest fact, 0 before the first. */
  readonly last: number;
  /** Facts with a `seq` above `since`, oldest first: `limit` of them, or less if they are large. */
  read(since: number, limit: number): readonly JournaledEvent[];
}
