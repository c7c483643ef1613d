import type { Template } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import { KeyRenaming } from "../wire/renamed-keys.ts";
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
  /** Whether any of its tools is shown with other keys than its own. */
  readonly renamesKeys: boolean;
  /** The input of a tool's call as the tool means it, of what a model said. */
  trueInput(name: string, said: Json): Json;
  /** The inverse: what a model would have said. */
  shownInput(name: string, input: Json): Json;
}

export function holdTemplate(template: Template): HeldTemplate {
  const builtIns = builtInCalls(template.agents);
  const cards = [...template.tools, ...[...builtIns.values()].map(({ card }) => card)];
  const subjects = new Map(template.tools.map(({ name, subject }) => [name, subject]));
  const renamings = renamingsOf(template.tools);
  return {
    template,
    cards,
    builtIns,
    tokens: preambleTokens(template.instructions, cards),
    subjectOf: (name) => subjects.get(name) ?? name,
    renamesKeys: renamings.size > 0,
    trueInput: (name, said) => renamings.get(name)?.restore(said) ?? said,
    shownInput: (name, input) => renamings.get(name)?.show(input) ?? input,
  };
}

/** Of the tools that have renamed keys, by each name that a model may use. */
function renamingsOf(cards: readonly ToolCard[]): ReadonlyMap<string, KeyRenaming> {
  const renamed = cards.flatMap(({ subject, name, keys }) =>
    keys === undefined ? [] : [{ subject, name, renaming: new KeyRenaming(keys) }],
  );
  return new Map([
    ...renamed.map(({ subject, renaming }) => [subject, renaming] as const),
    ...renamed.map(({ name, renaming }) => [name, renaming] as const),
  ]);
}

/** One of the models that its agents may be answered by; undefined past the last. */
export function modelAt(
  { template: { model, fallback = [] } }: HeldTemplate,
  index: number,
): ModelSpec | undefined {
  return index === 0 ? model : fallback[index - 1];
}
