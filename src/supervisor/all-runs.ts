import type { Inbox } from "../engine/inbox.ts";
import type { Runs } from "../engine/runs.ts";
import { tellRest } from "../kernel/refusals.ts";

/** Orders to all runs at once; each run gets a notice of its own. */
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
    // Sent after the notices to the runs, so that waiting agents are served in turn.
    if (!isPaused) this.#inbox.notify({ type: "root-resumed" });
  }

  /** Resumes the shared parts after all runs have been resumed. */
  serve(): void {
    this.#runs.ground.shared.resume();
  }

  /** Accepts no further runs, and kills the remaining agents after `graceMs`. */
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
