import type { Template } from "../wire/delivery.ts";
import type { Json } from "../wire/json.ts";
import { KeyRenaming } from "../wire/renamed-keys.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { preambleTokens } from "../wire/token-estimate.ts";
import type { ToolCard } from "../wire/transcript.ts";
import { builtInCalls } from "./built-in-calls.ts";

/** A template as a host keeps it, with the values that its agents look up at each turn. */
export interface LoadedTemplate {
  readonly template: Template;
  /** All cards that the loop's model is shown: the tools, and the loop's own calls. */
  readonly cards: readonly ToolCard[];
  readonly builtIns: ReturnType<typeof builtInCalls>;
  /** Estimated tokens of instructions and cards, with which every request begins. */
  readonly tokens: number;
  /** Returns the subject of a tool, for whichever name a model or machine used. */
  subjectOf(name: string): string;
  /** True when one of the tools is shown with keys other than its own. */
  readonly renamesKeys: boolean;
  /** Returns the input of a call with the tool's own keys, from the input that a model sent. */
  trueInput(name: string, said: Json): Json;
  /** Returns the input as a model would have sent it: the inverse of `trueInput`. */
  shownInput(name: string, input: Json): Json;
}

export function loadTemplate(template: Template): LoadedTemplate {
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

/** Returns the renamings of the tools that have renamed keys, by each name that a model may use. */
function renamingsOf(cards: readonly ToolCard[]): ReadonlyMap<string, KeyRenaming> {
  const renamed = cards.flatMap(({ subject, name, keys }) =>
    keys === undefined ? [] : [{ subject, name, renaming: new KeyRenaming(keys) }],
  );
  return new Map([
    ...renamed.map(({ subject, renaming }) => [subject, renaming] as const),
    ...renamed.map(({ name, renaming }) => [name, renaming] as const),
  ]);
}

/**
 * Returns the model for an index, 0 being the first choice and the fallbacks next; undefined past
 * the last.
 */
export function modelAt(
  { template: { model, fallback = [] } }: LoadedTemplate,
  index: number,
): ModelSpec | undefined {
  return index === 0 ? model : fallback[index - 1];
}
