import { CoppiceError } from "../../errors.ts";
import { describe } from "../../wire/error-codec.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { plainJson } from "../../wire/json-bound.ts";
import { isError } from "../../wire/realm.ts";
import { compileSchema, pointer, schemaFaults } from "./compiled-schema.ts";
import { describedSchema } from "./described-schema.ts";
import { type InputReader, JsonReader } from "./input-reader.ts";
import { modernSchema } from "./schema-draft.ts";
import { cutCircles, repairSchema } from "./schema-repair.ts";
import { standardReader } from "./standard-reader.ts";
import { isStandardSchema } from "./standard-schema.ts";

/** The input of a tool: its description for the model, and its reader. */
export interface InputSchema {
  readonly described: JsonSchema;
  readonly read: InputReader;
}

/**
 * Reads the `input` of a tool's definition.
 *
 * **Fails with** `OPTIONS_INVALID` when it is neither a JSON Schema of an object that compiles nor
 * a Standard Schema that can be described.
 */
export function readInputSchema(tool: string, input: unknown, description: unknown): InputSchema {
  if (isStandardSchema(input)) {
    const { shown, validator } =
      description === undefined
        ? describedSchema(tool, input)
        : { shown: description, validator: input };
    const described = objectSchema(tool, shown);
    return { described, read: standardReader(validator, shownReader(described)) };
  }
  const schema = objectSchema(tool, input);
  const described = objectSchema(tool, description ?? schema);
  return { described, read: embedderReader(tool, schema).read };
}

/**
 * Returns a JSON Schema of an object. Models send an object, and their services refuse any other
 * schema, so other types are refused here.
 */
function objectSchema(tool: string, schema: unknown): JsonSchema {
  const wrong = (what: string): CoppiceError =>
    new CoppiceError("OPTIONS_INVALID", `The input schema of tool "${tool}" ${what}.`);
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw wrong(`is neither a JSON Schema nor a Standard Schema${instead(schema)}`);
  }
  const place = validatorIn(schema);
  if (place !== undefined) {
    const how = "pass one validator of the whole input, such as `z.object({ ... })`";
    throw wrong(`holds a validator at ${place}: ${how}, or JSON Schema alone`);
  }
  let copy: JsonSchema;
  try {
    copy = plainJson(schema) as JsonSchema;
  } catch (error) {
    throw wrong(`is not plain JSON: ${describe(error)}`);
  }
  const { type = "object" } = copy;
  // A schema that allows other types too is shown to models as that of an object.
  if (type !== "object" && !(Array.isArray(type) && type.includes("object"))) {
    throw wrong(`describes ${JSON.stringify(copy.type)}, and a tool's input is an object`);
  }
  return Object.freeze({ type: "object", ...copy });
}

/**
 * Creates a strict reader of an embedder's schema: of whatever draft, every part of it must have a
 * meaning.
 */
function embedderReader(tool: string, schema: JsonSchema): JsonReader {
  try {
    const modern = modernSchema(schema, { strict: true });
    const copy = structuredClone(modern) as JsonSchema;
    if (cutCircles(copy)) throw new TypeError("a `$ref` leads back to its own value");
    const [fault] = schemaFaults(modern);
    if (fault !== undefined) throw new TypeError(`it is no JSON Schema at ${fault || "its root"}`);
    return new JsonReader(modern, compileSchema(modern));
  } catch (error) {
    throw new CoppiceError(
      "OPTIONS_INVALID",
      `The input schema of tool "${tool}" does not compile: ${describe(error)}.`,
    );
  }
}

/**
 * Creates a reader of a validator's JSON Schema, without the parts that have no meaning: the
 * validator itself decides.
 */
function shownReader(described: JsonSchema): JsonReader | undefined {
  try {
    const modern = structuredClone(modernSchema(described)) as { [key: string]: Json | undefined };
    repairSchema(modern);
    return new JsonReader(modern, compileSchema(modern));
  } catch (error) {
    // Without a reader nothing is read by the schema, which is no reason to refuse the tool.
    if (isError(error)) return undefined;
    throw error;
  }
}

/** Returns advice for a schema of Effect, which is a Standard Schema only after a conversion. */
function instead(schema: unknown): string {
  if (typeof schema !== "function" || !("ast" in schema)) return "";
  return ": of Effect pass `Schema.standardSchemaV1(schema)` (version 4: `toStandardSchemaV1`)";
}

/**
 * Returns the place of a validator inside a value that should be plain JSON, such as a bare shape
 * of zod.
 */
function validatorIn(value: unknown, path = "", levels = 20): string | undefined {
  if (typeof value !== "object" || value === null || levels === 0) return undefined;
  for (const [key, inside] of Object.entries(value)) {
    const at = `${path}/${pointer(key)}`;
    const found = isStandardSchema(inside) ? at : validatorIn(inside, at, levels - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
