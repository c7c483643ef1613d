import type { InspectionEvent } from "xstate";
import { Inspection } from "../agents/inspection.ts";
import { WatchedAgent } from "../agents/watched-agent.ts";
import type { Clock } from "../wire/clock.ts";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";

/** The budget and capability actors as the inspector shows them: throttled, in summaries. */
export class SharedActors {
  readonly #inspection: Inspection;
  readonly #watched: WatchedAgent;
  readonly #tell: (notes: readonly InspectionNote[]) => void;
  #isDue = false;

  constructor(clock: Clock, tell: (notes: readonly InspectionNote[]) => void) {
    this.#tell = tell;
    this.#inspection = new Inspection(clock, () => this.#arm());
    this.#watched = new WatchedAgent({ path: SUPERVISOR, incarnation: 0 }, this.#inspection);
  }

  readonly observe = (event: InspectionEvent): void => this.#watched.observe(event);

  close(): void {
    this.#watched.close();
    this.#inspection.close();
  }

  /** Passes the notes on after the current step. */
  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#tell(this.#inspection.take());
    });
  }
}
