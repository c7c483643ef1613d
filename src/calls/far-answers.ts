import type { FarAnswer, Notice } from "../engine/input.ts";
import type { Node } from "../kernel/node.ts";

/** Yeses that may cover questions of other runs; each run is notified of them once, together. */
export class FarAnswers {
  readonly #notify: (notice: Notice) => void;
  /** Keyed by what they allow: a second yes to the same adds nothing. */
  readonly #answers = new Map<string, FarAnswer>();
  /** The runs of the answered questions; they have applied their own answers already. */
  readonly #runs = new Set<string>();

  constructor(notify: (notice: Notice) => void) {
    this.#notify = notify;
  }

  add({ top }: Node, answer: FarAnswer): void {
    const { kind, subject, version, wheres, usedUp } = answer.question;
    const account = usedUp && [usedUp.path, usedUp.unit];
    const key = JSON.stringify([kind, subject, version, wheres, account]);
    if (!this.#answers.has(key)) this.#answers.set(key, answer);
    this.#runs.add(top.path);
  }

  /** @param runs the runs with open questions */
  notice(runs: Iterable<string>): void {
    if (this.#answers.size === 0) return;
    const answers = [...this.#answers.values()];
    const isOnly = this.#runs.size === 1;
    for (const run of runs) {
      if (isOnly && this.#runs.has(run)) continue;
      this.#notify({ type: "allowed", run, answers });
    }
    this.#answers.clear();
    this.#runs.clear();
  }
}
