import { isDeepStrictEqual } from "node:util";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { type Form, type Forms, formOf, joinForms, MAX_FORMS } from "./schema-forms.ts";
import { fieldsOf, isObject, isSchema, type Schema, textsOf } from "./schema-keywords.ts";

/** The rules of a schema for an object. */
export interface Shape {
  readonly properties: ReadonlyMap<string, Schema>;
  /** Properties that only some of its forms have. */
  readonly partial: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  readonly rest: Schema | undefined;
  readonly description: string | undefined;
  /** The rules that hold in every form; `forms` has those of a union. */
  readonly common: Form;
  readonly forms: Forms;
}

export const NO_FORMS: Forms = { listed: [], count: 0 };

/** The shape of a schema that any object fits. */
export const NOTHING: Shape = {
  properties: new Map(),
  partial: new Set(),
  required: new Set(),
  rest: undefined,
  description: undefined,
  common: new Map(),
  forms: NO_FORMS,
};

/** Returns the forms that combine one form of each. */
export function product(one: Forms, other: Forms): Forms {
  if (one.count === 0 || other.count === 0) return one.count === 0 ? other : one;
  const pairs = one.listed.flatMap((form) => other.listed.map((second) => [form, second] as const));
  const listed = pairs.slice(0, MAX_FORMS).map(([form, second]) => joinForms(form, second));
  return { listed, count: one.count * other.count };
}

/** Returns the shape of a schema's own keywords. */
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

/** Returns the shape of one value; undefined when it is no object. */
export function shapeOfValue(value: Json): Shape | undefined {
  if (!isObject(value)) return undefined;
  const properties = fieldsOf(value).map(([key, field]) => [key, { const: field }] as const);
  return ownShape({
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
  });
}

/**
 * Returns the rule for all other properties. That of one form does not hold for properties of the
 * other.
 */
export function restOfBoth(one: Shape, other: Shape): Schema | undefined {
  if (isDeepStrictEqual(one.rest, other.rest)) return one.rest;
  const [from, beside] = one.rest === undefined ? [other, one] : [one, other];
  if (beside.rest !== undefined) return undefined;
  return [...beside.properties.keys()].every((key) => from.properties.has(key))
    ? from.rest
    : undefined;
}
