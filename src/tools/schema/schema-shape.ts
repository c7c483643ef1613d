import { isDeepStrictEqual } from "node:util";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { type Form, type Forms, formOf, joinForms, MOST_FORMS } from "./schema-forms.ts";
import { fieldsOf, isObject, isSchema, type Schema, textsOf } from "./schema-keywords.ts";

/** What a schema says of an object. */
export interface Shape {
  readonly properties: ReadonlyMap<string, Schema>;
  /** Properties that only some of its forms have. */
  readonly partial: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  readonly rest: Schema | undefined;
  readonly description: string | undefined;
  /** What holds in each form, and the forms where it is a union. */
  readonly common: Form;
  readonly forms: Forms;
}

export const NO_FORMS: Forms = { listed: [], count: 0 };

/** Of a schema that any object fits. */
export const NOTHING: Shape = {
  properties: new Map(),
  partial: new Set(),
  required: new Set(),
  rest: undefined,
  description: undefined,
  common: new Map(),
  forms: NO_FORMS,
};

/** The forms of what is one of these and one of those. */
export function product(one: Forms, other: Forms): Forms {
  if (one.count === 0 || other.count === 0) return one.count === 0 ? other : one;
  const pairs = one.listed.flatMap((form) => other.listed.map((second) => [form, second] as const));
  const listed = pairs.slice(0, MOST_FORMS).map(([form, second]) => joinForms(form, second));
  return { listed, count: one.count * other.count };
}

/** What its own keywords say. */
export function ownShape({
  properties,
  required,
  additionalProperties,
  description,
}: JsonSchema): Shape {
  const entries = fieldsOf(properties).filter((entry): entry is [string, Schema & Json] =>
    isSchema(entry[1]),
  );
  const [all, needed] = [new Map<string, Schema>(entries), new Set(textsOf(required))];
  const rest = isSchema(additionalProperties) ? additionalProperties : undefined;
  const said = typeof description === "string" ? description : undefined;
  if (all.size + needed.size === 0 && rest === undefined && said === undefined) return NOTHING;
  const common = formOf(all, needed);
  return { ...NOTHING, properties: all, required: needed, rest, description: said, common };
}

/** Of this very value; undefined where it is no object. */
export function shapeOfValue(value: Json): Shape | undefined {
  if (!isObject(value)) return undefined;
  const properties = fieldsOf(value).map(([key, field]) => [key, { const: field }] as const);
  return ownShape({
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
  });
}

/** What one form says of all other properties is not true of the properties of another. */
export function restOfBoth(one: Shape, other: Shape): Schema | undefined {
  if (isDeepStrictEqual(one.rest, other.rest)) return one.rest;
  const [from, beside] = one.rest === undefined ? [other, one] : [one, other];
  if (beside.rest !== undefined) return undefined;
  return [...beside.properties.keys()].every((key) => from.properties.has(key))
    ? from.rest
    : undefined;
}
