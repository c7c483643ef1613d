import type { Usage } from "../wire/outcome.ts";

export const NO_USAGE: Usage = {
  usd: 0,
  inputTokens: 0,
  outputTokens: 0,
  toolCalls: 0,
  modelCalls: 0,
};

/** Labels whose sums are kept; the one that was used longest ago goes first. */
const LABELS_KEPT = 10_000;

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    usd: a.usd + b.usd,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    toolCalls: a.toolCalls + b.toolCalls,
    modelCalls: a.modelCalls + b.modelCalls,
  };
}

/** A label as it is asked for: `tenant=acme`. */
export function hasLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf("=");
  return at > 0 && labels[label.slice(0, at)] === label.slice(at + 1);
}

/** What ended agents used, summed by label, so that it outlives their nodes. */
export class UsageByLabel {
  readonly #sums = new Map<string, Usage>();

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return this.#sums;
  }

  add(labels: Readonly<Record<string, string>>, usage: Usage): void {
    for (const [name, value] of Object.entries(labels)) {
      const label = `${name}=${value}`;
      const sum = addUsage(this.#sums.get(label) ?? NO_USAGE, usage);
      this.#sums.delete(label);
      this.#sums.set(label, sum);
      if (this.#sums.size > LABELS_KEPT) {
        this.#sums.delete(this.#sums.keys().next().value as string);
      }
    }
  }

  of(label: string): Usage {
    return this.#sums.get(label) ?? NO_USAGE;
  }
}
