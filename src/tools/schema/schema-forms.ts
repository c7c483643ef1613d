import type { Schema } from "./schema-keywords.ts";
import { valuesOf } from "./schema-variants.ts";

/** What one branch of a union asks for, by key. */
export type Form = ReadonlyMap<string, { readonly required: boolean; readonly hint: string }>;

/** More forms than this are counted, not listed. */
export const MOST_FORMS = 24;
const LONGEST_TEXT = 1_000;
const LONGEST_FORM = 300;
const LONGEST_HINT = 40;

export function formOf(
  properties: ReadonlyMap<string, Schema>,
  required: ReadonlySet<string>,
): Form {
  const keys = new Set([...required, ...properties.keys()]);
  const entries = [...keys].map((key) => {
    const hint = hintOf(properties.get(key) ?? true);
    return [key, { required: required.has(key), hint }] as const;
  });
  return new Map(entries);
}

/** A form that asks for what both do. */
export function joinForms(one: Form, other: Form): Form {
  const joined = new Map(one);
  for (const [key, { required, hint }] of other) {
    const known = joined.get(key);
    const isRequired = required || known?.required === true;
    joined.set(key, { required: isRequired, hint: hint || (known?.hint ?? "") });
  }
  return joined;
}

/** The forms of a union: those that are listed, and how many there are. */
export interface Forms {
  readonly listed: readonly Form[];
  readonly count: number;
}

/**
 * The forms in a sentence for the model; undefined when there is nothing to choose. `nameOf` says
 * how the model knows a key.
 */
export function sayForms(
  { listed, count }: Forms,
  nameOf: (key: string) => string,
): string | undefined {
  const lines = [...new Set(listed.map((form) => sayForm(form, nameOf)))];
  if (lines.length < 2) return undefined;
  let text = "Takes one of these forms: ";
  let said = 0;
  for (const line of lines) {
    if (text.length + line.length > LONGEST_TEXT) break;
    text += said === 0 ? line : ` or ${line}`;
    said += 1;
  }
  const left = lines.length - said + Math.max(0, count - listed.length);
  return left === 0 ? `${text}.` : `${text} or ${left} more.`;
}

function sayForm(form: Form, nameOf: (key: string) => string): string {
  const ordered = [...form].sort(([, a], [, b]) => Number(b.required) - Number(a.required));
  let text = "";
  for (const [key, { required, hint }] of ordered) {
    const part = `${nameOf(key)}${required ? "" : "?"}${hint === "" ? "" : `: ${hint}`}`;
    if (text.length + part.length > LONGEST_FORM) return `{ ${text}, ... }`;
    text += text === "" ? part : `, ${part}`;
  }
  return text === "" ? "{}" : `{ ${text} }`;
}

/** The values of a discriminator, when they are few. */
function hintOf(schema: Schema): string {
  const said = (valuesOf(schema) ?? []).slice(0, LONGEST_HINT).map((one) => JSON.stringify(one));
  const hint = said.join(" | ");
  return hint.length <= LONGEST_HINT ? hint : "";
}
