import type { Json, JsonSchema } from "../../wire/json.ts";
import { type Aside, type InputReader, JsonReader, type ReadInput } from "./input-reader.ts";
import { modernSchema } from "./schema-draft.ts";
import { isObject, mapInside, type Schema } from "./schema-keywords.ts";
import { repairSchema } from "./schema-repair.ts";

/** The most values of a schema that is used to read inputs. */
const LARGEST = 3_000;

const known = new WeakMap<JsonSchema, InputReader>();

/**
 * Reads inputs by the schema of a server. An input that can be made to fit is, any other is passed
 * on unchanged, because the server checks its own schema. Created with the first input.
 */
export function serverReader(schema: JsonSchema): InputReader {
  const made = known.get(schema) ?? readerFor(schema);
  known.set(schema, made);
  return made;
}

function readerFor(schema: JsonSchema): InputReader {
  let reader: JsonReader | "none" | undefined;
  return (input, aside) => {
    try {
      reader ??= jsonReader(schema) ?? "none";
      if (reader === "none") return asItIs(input);
      const read = reader.read(input, aside && patient(aside, input));
      return read instanceof Promise ? read.then((one) => kept(one, input)) : kept(read, input);
    } catch {
      // A schema that does not compile checks nothing.
      return asItIs(input);
    }
  };
}

/** Creates the reader; undefined for a schema that cannot be used. */
function jsonReader(schema: JsonSchema): JsonReader | undefined {
  try {
    if (countOf(schema, LARGEST) > LARGEST) return undefined;
    const modern = withoutDefaults(structuredClone(modernSchema(schema))) as JsonSchema;
    repairSchema(modern);
    return new JsonReader({ type: "object", ...modern });
  } catch {
    // A broken schema does not keep its tool from being called.
    return undefined;
  }
}

/**
 * Passes an input on unchanged when another thread cannot read it, unless the call's time is over.
 */
function patient(aside: Aside, input: Json): Aside {
  return (task) => aside(task).catch(() => asItIs(input));
}

function kept(read: ReadInput, input: Json): ReadInput {
  return read.valid && read.read.length > 0 ? read : asItIs(input);
}

function asItIs(input: Json): ReadInput {
  if (isObject(input)) return { valid: true, value: input, view: input, read: [] };
  return { valid: false, issues: [{ path: "", message: "must be an object" }] };
}

/** Removes defaults: a server applies its own. */
function withoutDefaults(schema: Schema): Schema {
  if (!isObject(schema)) return schema;
  const { default: _, ...others } = mapInside(schema, withoutDefaults);
  return others;
}

function countOf(value: Json | undefined, most: number): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  for (const one of Object.values(value)) {
    if (count > most) break;
    count += countOf(one, most - count);
  }
  return count;
}
