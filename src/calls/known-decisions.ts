import type { Decision } from "../wire/approval.ts";
import { decisionKey } from "./decision.ts";

/** The number of decisions that are remembered, so that the same decision may be given twice. */
const MAX_KEPT_DECISIONS = 1000;

/** The decisions of the questions that were decided last. */
export class KnownDecisions {
  readonly #keys = new Map<string, string>();

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    return this.#keys;
  }

  /** Returns the key of the decision of a question, while it is remembered. */
  keyOf(id: string): string | undefined {
    return this.#keys.get(id);
  }

  add(id: string, decision: Decision): void {
    this.#keys.set(id, decisionKey(decision));
    if (this.#keys.size <= MAX_KEPT_DECISIONS) return;
    this.#keys.delete(this.#keys.keys().next().value as string);
  }
}
