import type { Json, JsonSchema } from "../../wire/json.ts";
import { type Aside, type InputReader, JsonReader, type ReadInput } from "./input-reader.ts";
import { modernSchema } from "./schema-draft.ts";
import { isObject, mapInside, type Schema } from "./schema-keywords.ts";
import { repairSchema } from "./schema-repair.ts";

/** Values of a schema that is read for its calls. */
const LARGEST = 3_000;

const known = new WeakMap<JsonSchema, InputReader>();

/**
 * Reads inputs by the schema of a server: what can be made to fit is, and what cannot is given as
 * it is, since the server checks its own schema. Made with the first input.
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
      // A schema that does not compile is no check.
      return asItIs(input);
    }
  };
}

/** Undefined for a schema that is of no use. */
function jsonReader(schema: JsonSchema): JsonReader | undefined {
  try {
    if (countOf(schema, LARGEST) > LARGEST) return undefined;
    const modern = withoutDefaults(structuredClone(modernSchema(schema))) as JsonSchema;
    repairSchema(modern);
    return new JsonReader({ type: "object", ...modern });
  } catch {
    // Whoever wrote it, its tool can be called.
    return undefined;
  }
}

/** What another thread cannot read is given as it is, unless its time is over. */
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

/** A server knows its own defaults. */
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
