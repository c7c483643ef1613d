import type { RuntimeEvent } from "../wire/event.ts";

/** A fact as the journal keeps it, with its number in the sequence. */
export type JournaledEvent = RuntimeEvent & { readonly seq: number };

/**
 * A store of facts in the order they happened.
 *
 * The port of every store: memory now, a file later.
 */
export interface Journal {
  /**
   * Appends a fact; its `seq` is one more than the last.
   *
   * @param bytes the approximate memory that the event takes
   */
  append(event: JournaledEvent, bytes: number): void;
  /** The oldest `seq` that can still be read; one more than the last when nothing is kept. */
  readonly first: number;
  /** The `seq` of the newest fact, 0 before the first. */
  readonly last: number;
  /**
   * Returns facts with a `seq` above `since`, oldest first: at most `limit`, fewer when they are
   * large.
   */
  read(since: number, limit: number): readonly JournaledEvent[];
}
