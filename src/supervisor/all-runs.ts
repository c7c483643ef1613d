import type { Inbox } from "../engine/inbox.ts";
import type { Runs } from "../engine/runs.ts";
import { tellRest } from "../kernel/refusals.ts";

/** What is ordered of all runs at once: each hears of it by itself. */
export class AllRuns {
  readonly #runs: Runs;
  readonly #inbox: Inbox;

  constructor(runs: Runs, inbox: Inbox) {
    this.#runs = runs;
    this.#inbox = inbox;
  }

  pause(isPaused: boolean): void {
    if (isPaused) this.#runs.ground.shared.pause();
    for (const run of this.#runs.paths) {
      this.#inbox.notify({ type: "root-paused", run, isPaused });
    }
    // Behind all of them, so that who waits is served in its turn.
    if (!isPaused) this.#inbox.notify({ type: "root-resumed" });
  }

  /** All runs have heard that the supervisor goes on. */
  serve(): void {
    this.#runs.ground.shared.resume();
  }

  /** Takes no more of them, and kills what is left after `graceMs`. */
  closeDown(graceMs: number | undefined): void {
    const { tree } = this.#runs.trunk;
    tree.root.closed = true;
    tellRest(tree, tree.root, true);
    for (const run of this.#runs.paths) this.#inbox.notify({ type: "closing", run, graceMs });
  }

  kill(): void {
    for (const run of this.#runs.paths) this.#inbox.notify({ type: "killed", run });
  }
}
