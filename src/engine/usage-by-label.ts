import type { Usage } from "../wire/outcome.ts";

export const NO_USAGE: Usage = {
  usd: 0,
  inputTokens: 0,
  outputTokens: 0,
  toolCalls: 0,
  modelCalls: 0,
};

/** The number of labels whose sums are kept; the least recently added to goes first. */
const MAX_KEPT_LABELS = 10_000;

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    usd: a.usd + b.usd,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    toolCalls: a.toolCalls + b.toolCalls,
    modelCalls: a.modelCalls + b.modelCalls,
  };
}

/** True when the labels contain `label`, which is written as `tenant=acme`. */
export function hasLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf("=");
  return at > 0 && labels[label.slice(0, at)] === label.slice(at + 1);
}

/** The usage of ended agents, summed by label, so that it outlives their nodes. */
export class UsageByLabel {
  readonly #sums = new Map<string, Usage>();

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    return this.#sums;
  }

  add(labels: Readonly<Record<string, string>>, usage: Usage): void {
    for (const [name, value] of Object.entries(labels)) {
      const label = `${name}=${value}`;
      const sum = addUsage(this.#sums.get(label) ?? NO_USAGE, usage);
      this.#sums.delete(label);
      this.#sums.set(label, sum);
      if (this.#sums.size > MAX_KEPT_LABELS) {
        this.#sums.delete(this.#sums.keys().next().value as string);
      }
    }
  }

  of(label: string): Usage {
    return this.#sums.get(label) ?? NO_USAGE;
  }
}
