import type { Template } from "../wire/delivery.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { preambleTokens } from "../wire/token-estimate.ts";
import type { ToolCard } from "../wire/transcript.ts";
import { builtInCalls } from "./built-in-calls.ts";

/** A template as a host holds it: what its agents look up at each turn is made once. */
export interface HeldTemplate {
  readonly template: Template;
  /** All that the loop's model is shown: its tools, and the loop's own calls. */
  readonly cards: readonly ToolCard[];
  readonly builtIns: ReturnType<typeof builtInCalls>;
  /** Of instructions and cards, which every request begins with. */
  readonly tokens: number;
  /** Our name of a tool, whichever name a model or machine used for it. */
  subjectOf(name: string): string;
}

export function holdTemplate(template: Template): HeldTemplate {
  const builtIns = builtInCalls(template.agents);
  const cards = [...template.tools, ...[...builtIns.values()].map(({ card }) => card)];
  const subjects = new Map(template.tools.map(({ name, subject }) => [name, subject]));
  return {
    template,
    cards,
    builtIns,
    tokens: preambleTokens(template.instructions, cards),
    subjectOf: (name) => subjects.get(name) ?? name,
  };
}

/** One of the models that its agents may be answered by; undefined past the last. */
export function modelAt(
  { template: { model, fallback = [] } }: HeldTemplate,
  index: number,
): ModelSpec | undefined {
  return index === 0 ? model : fallback[index - 1];
}
