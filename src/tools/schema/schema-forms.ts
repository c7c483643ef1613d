import type { Schema } from "./schema-keywords.ts";
import { valuesOf } from "./schema-variants.ts";

/** The keys that one branch of a union requires or allows. */
export type Form = ReadonlyMap<string, { readonly required: boolean; readonly hint: string }>;

/** The most forms that are listed; the others are counted. */
export const MAX_FORMS = 24;
const MAX_TEXT_LENGTH = 1_000;
const MAX_FORM_LENGTH = 300;
const MAX_HINT_LENGTH = 40;

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

/** Returns a form that requires what both require. */
export function joinForms(one: Form, other: Form): Form {
  const joined = new Map(one);
  for (const [key, { required, hint }] of other) {
    const known = joined.get(key);
    const isRequired = required || known?.required === true;
    joined.set(key, { required: isRequired, hint: hint || (known?.hint ?? "") });
  }
  return joined;
}

/** The forms of a union: those that are listed, and the number of all. */
export interface Forms {
  readonly listed: readonly Form[];
  readonly count: number;
}

/**
 * Describes the forms in a sentence for the model; undefined when there is no choice.
 *
 * @param nameOf returns the name by which the model knows a key
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
    if (text.length + line.length > MAX_TEXT_LENGTH) break;
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
    if (text.length + part.length > MAX_FORM_LENGTH) return `{ ${text}, ... }`;
    text += text === "" ? part : `, ${part}`;
  }
  return text === "" ? "{}" : `{ ${text} }`;
}

/** Returns the values of a discriminator when they are few. */
function hintOf(schema: Schema): string {
  const said = (valuesOf(schema) ?? []).slice(0, MAX_HINT_LENGTH).map((one) => JSON.stringify(one));
  const hint = said.join(" | ");
  return hint.length <= MAX_HINT_LENGTH ? hint : "";
}
