import type { Decision } from "../wire/approval.ts";
import { decisionKey } from "./decision.ts";

/** Decisions that are remembered, so that the same one may come twice. */
const DECISIONS_KEPT = 1000;

/** What was decided of the newest questions. */
export class KnownDecisions {
  readonly #keys = new Map<string, string>();

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return this.#keys;
  }

  /** The key of what was decided of a question. */
  keyOf(id: string): string | undefined {
    return this.#keys.get(id);
  }

  add(id: string, decision: Decision): void {
    this.#keys.set(id, decisionKey(decision));
    if (this.#keys.size <= DECISIONS_KEPT) return;
    this.#keys.delete(this.#keys.keys().next().value as string);
  }
}
