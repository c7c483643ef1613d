import type { FarAnswer, Notice } from "../engine/input.ts";
import type { Node } from "../kernel/node.ts";

/** Yeses that speak of questions of other runs too: each of those hears of them once, together. */
export class FarAnswers {
  readonly #notify: (notice: Notice) => void;
  /** By what they allow: who was allowed the same again has nothing to add. */
  readonly #answers = new Map<string, FarAnswer>();
  /** Whose they are: those have heard of their own. */
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

  /** @param runs those with open questions */
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
