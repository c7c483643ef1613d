import type { Clock } from "../wire/clock.ts";
import { type InspectionNote, MAX_NOTES } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { definitionOf } from "./definition.ts";

/** Length of the window in which an actor's notes are counted, in milliseconds. */
export const WINDOW_MS = 1_000;

/** A reporter that keeps something back to report later. */
interface Behind {
  catchUp(): void;
}

/** Collects notes on what the actors of a host do; they travel with its frames. */
export class Inspection {
  readonly clock: Clock;
  readonly #arm: () => void;
  readonly #machines = new WeakMap<object, number>();
  readonly #behind = new Set<Behind>();
  #machineCount = 0;
  #notes: InspectionNote[] = [];
  #timer: unknown;
  #closed = false;

  /** @param arm schedules the flush that takes the notes at the end of this tick */
  constructor(clock: Clock, arm: () => void) {
    this.clock = clock;
    this.#arm = arm;
  }

  /** Adds a note; false when no more fit into this tick, or after `close`. */
  tell(note: InspectionNote): boolean {
    if (this.#closed || this.#notes.length >= MAX_NOTES) return false;
    this.#notes.push(note);
    this.#arm();
    return true;
  }

  /** Has a reporter catch up within {@link WINDOW_MS}. */
  tellLater(agent: Behind): void {
    this.#behind.add(agent);
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.clock.setTimeout(() => this.#catchUp(), WINDOW_MS);
  }

  /** Returns the number of a machine on this host, and its definition the first time. */
  numberOf(config: object): { readonly machine: number; readonly definition?: Json } {
    const known = this.#machines.get(config);
    if (known !== undefined) return { machine: known };
    this.#machineCount += 1;
    this.#machines.set(config, this.#machineCount);
    return { machine: this.#machineCount, definition: definitionOf(config) };
  }

  /** Returns the notes of this tick, and clears them. */
  take(): readonly InspectionNote[] {
    const notes = this.#notes;
    if (notes.length > 0) this.#notes = [];
    return notes;
  }

  close(): void {
    this.#closed = true;
    this.clock.clearTimeout(this.#timer);
    this.#behind.clear();
  }

  #catchUp(): void {
    this.#timer = undefined;
    const behind = [...this.#behind];
    this.#behind.clear();
    for (const agent of behind) agent.catchUp();
  }
}
