import { isDeepStrictEqual } from "node:util";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { type Form, type Forms, joinForms, MAX_FORMS } from "./schema-forms.ts";
import { fieldsOf, isSchema, listOf, type Schema, targetOf, textsOf } from "./schema-keywords.ts";
import {
  NO_FORMS,
  NOTHING,
  ownShape,
  product,
  restOfBoth,
  type Shape,
  shapeOfValue,
} from "./schema-shape.ts";
import { bothOfThese, oneOfThese, schemaTextOf } from "./schema-variants.ts";

/** Keywords that the service does not take at the root, or takes without use. */
const NOT_AT_THE_ROOT = [
  ...["anyOf", "oneOf", "allOf", "not", "if", "then", "else", "$ref", "enum", "const"],
];

const MERGED = ["properties", "required", "additionalProperties"];

const MAX_LEVELS = 64;
/**
 * The most properties visited while forms are merged: definitions that contain each other multiply.
 */
const MAX_STEPS = 200_000;
const CHARACTERS_OF_A_STEP = 10;
const MAX_NOT_LENGTH = 300;

export interface ObjectRoot {
  readonly schema: JsonSchema;
  /** The forms of the union at the root. */
  readonly forms: Forms;
}

/**
 * Rewrites the root of a schema for the Messages API: an object with properties, those of all forms
 * of a union together.
 *
 * **Fails with** a RangeError when merging takes too long.
 */
export function objectRoot(root: JsonSchema): ObjectRoot {
  const isPlain = NOT_AT_THE_ROOT.every((keyword) => root[keyword] === undefined);
  if (isPlain && root.type === "object") return { schema: root, forms: NO_FORMS };
  // Its rules for objects are the only ones that matter, also when it allows other types.
  const shape = new Shapes(root).of({ ...root, type: "object" }, 0) ?? ownShape(root);
  const { properties, required, rest, forms } = shape;
  const never = root.not === undefined ? undefined : JSON.stringify(root.not);
  const said = [
    shape.description,
    never === undefined || never.length > MAX_NOT_LENGTH ? undefined : `Must not fit ${never}.`,
  ].filter((text) => text !== undefined);
  const kept = fieldsOf(root).filter(
    ([keyword]) => !NOT_AT_THE_ROOT.includes(keyword) && !MERGED.includes(keyword),
  );
  const schema = {
    ...Object.fromEntries(kept),
    type: "object",
    ...(said.length === 0 ? {} : { description: said.join("\n") }),
    properties: Object.fromEntries(properties) as JsonSchema,
    ...(required.size === 0 ? {} : { required: [...required] }),
    ...(rest === undefined ? {} : { additionalProperties: rest }),
  };
  return { schema, forms };
}

class Shapes {
  readonly #root: JsonSchema;
  readonly #known = new Map<Schema, Shape | undefined>();
  #steps = MAX_STEPS;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  /** Returns the shape of a schema; undefined when no object fits it. */
  of(schema: Schema, level: number): Shape | undefined {
    if (typeof schema === "boolean") return schema ? NOTHING : undefined;
    if (this.#known.has(schema)) return this.#known.get(schema);
    if (level > MAX_LEVELS) throw new RangeError(`its root nests over ${MAX_LEVELS} levels`);
    // A reference back to this schema adds nothing.
    this.#known.set(schema, NOTHING);
    const shape = this.#read(schema, level + 1);
    this.#known.set(schema, shape);
    return shape;
  }

  #read(schema: JsonSchema, level: number): Shape | undefined {
    const { type, $ref, const: value, enum: values, then, else: otherwise } = schema;
    if (type !== undefined && type !== "object" && !textsOf(type).includes("object")) return;
    const parts: (Shape | undefined)[] = [ownShape(schema)];
    const shapeOf = (part: Json | undefined): Shape | undefined =>
      isSchema(part) ? this.of(part, level) : NOTHING;
    if ($ref !== undefined) parts.push(shapeOf(targetOf(this.#root, $ref)));
    parts.push(...listOf(schema.allOf).map(shapeOf));
    if (value !== undefined) parts.push(shapeOfValue(value));
    for (const union of [schema.anyOf, schema.oneOf]) {
      if (union !== undefined) parts.push(this.#either(listOf(union).map(shapeOf)));
    }
    if (values !== undefined) parts.push(this.#either(listOf(values).map(shapeOfValue)));
    if (then !== undefined || otherwise !== undefined) {
      const met = this.#both(shapeOf(schema.if) ?? NOTHING, shapeOf(then) ?? NOTHING);
      parts.push(this.#either([met, shapeOf(otherwise)]));
    }
    let all: Shape = NOTHING;
    for (const part of parts) {
      if (part === undefined) return undefined;
      all = this.#both(all, part);
    }
    return all;
  }

  #both(one: Shape, other: Shape): Shape {
    if (one === NOTHING || other === NOTHING) return one === NOTHING ? other : one;
    this.#count(one, other);
    const properties = new Map(one.properties);
    const partial = new Set(one.partial);
    for (const [key, schema] of other.properties) {
      const known = properties.get(key);
      if (known === undefined) {
        properties.set(key, schema);
        if (other.partial.has(key)) partial.add(key);
        continue;
      }
      this.#weigh([known, schema]);
      const [before, after] = [one.partial.has(key), other.partial.has(key)];
      if (before && after) properties.set(key, oneOfThese([known, schema]));
      else if (before) properties.set(key, schema);
      else if (!after) properties.set(key, bothOfThese(known, schema));
      if (!after) partial.delete(key);
    }
    return {
      properties,
      partial,
      required: new Set([...one.required, ...other.required]),
      rest: restOfBoth(one, other),
      description: one.description ?? other.description,
      common: joinForms(one.common, other.common),
      forms: product(one.forms, other.forms),
    };
  }

  #either(shapes: readonly (Shape | undefined)[]): Shape | undefined {
    const all = [...new Set(shapes)].filter((shape) => shape !== undefined);
    const [first, ...others] = all;
    if (first === undefined) return undefined;
    if (others.length === 0) return first;
    this.#count(...all);
    const found = new Map<string, Schema[]>();
    for (const [key, schema] of all.flatMap(({ properties }) => [...properties])) {
      const known = found.get(key);
      if (known === undefined) found.set(key, [schema]);
      else known.push(schema);
    }
    for (const list of found.values()) if (list.length > 1) this.#weigh(list);
    const isPartial = (key: string, many: number): boolean =>
      many < all.length || all.some((shape) => shape.partial.has(key));
    const partial = [...found].filter(([key, list]) => isPartial(key, list.length));
    const forms = all.flatMap((shape) => this.#formsOf(shape));
    const count = all.reduce((sum, shape) => sum + Math.max(1, shape.forms.count), 0);
    const same = others.every(({ rest }) => isDeepStrictEqual(rest, first.rest));
    return {
      properties: new Map([...found].map(([key, list]) => [key, oneOfThese(list)])),
      partial: new Set(partial.map(([key]) => key)),
      required: new Set([...first.required].filter((k) => others.every((o) => o.required.has(k)))),
      rest: same ? first.rest : undefined,
      description: undefined,
      common: new Map(),
      forms: { listed: forms.slice(0, MAX_FORMS), count },
    };
  }

  #formsOf({ common, forms: { listed } }: Shape): readonly Form[] {
    this.#take(listed.length * common.size);
    return listed.length === 0 ? [common] : listed.map((form) => joinForms(common, form));
  }

  #count(...shapes: readonly Shape[]): void {
    for (const { properties, required } of shapes) {
      this.#take(1 + properties.size + required.size);
    }
  }

  /**
   * Counts the text of schemas that are compared or merged, because it is read, once for each
   * reference.
   */
  #weigh(schemas: readonly Schema[]): void {
    for (const schema of new Set(schemas))
      this.#take(schemaTextOf(schema).length / CHARACTERS_OF_A_STEP);
  }

  #take(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new RangeError("the forms of its root are too many");
  }
}
