import type { Clock } from "../wire/clock.ts";
import { type InspectionNote, MOST_NOTES } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { definitionOf } from "./definition.ts";

/** How long the same few notes of an actor may last, in milliseconds. */
export const WINDOW_MS = 1_000;

/** Who holds something back that must be told later. */
interface Behind {
  catchUp(): void;
}

/** Tells what the actors of a host do, in notes that travel with its frames. */
export class Inspection {
  readonly clock: Clock;
  readonly #arm: () => void;
  readonly #machines = new WeakMap<object, number>();
  readonly #behind = new Set<Behind>();
  #machineCount = 0;
  #notes: InspectionNote[] = [];
  #timer: unknown;
  #closed = false;

  /** @param arm sees to it that the notes are taken at the end of this tick */
  constructor(clock: Clock, arm: () => void) {
    this.clock = clock;
    this.#arm = arm;
  }

  /** False when nothing more fits into this tick. */
  tell(note: InspectionNote): boolean {
    if (this.#closed || this.#notes.length >= MOST_NOTES) return false;
    this.#notes.push(note);
    this.#arm();
    return true;
  }

  /** The agent holds something back that must be told later. */
  tellLater(agent: Behind): void {
    this.#behind.add(agent);
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.clock.setTimeout(() => this.#catchUp(), WINDOW_MS);
  }

  /** What names this machine on this host, and its definition when it is told the first time. */
  numberOf(config: object): { readonly machine: number; readonly definition?: Json } {
    const known = this.#machines.get(config);
    if (known !== undefined) return { machine: known };
    this.#machineCount += 1;
    this.#machines.set(config, this.#machineCount);
    return { machine: this.#machineCount, definition: definitionOf(config) };
  }

  /** What there is to tell of this tick; it is gone from here. */
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
