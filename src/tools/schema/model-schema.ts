import { isDeepStrictEqual } from "node:util";
import { describe } from "../../wire/error-codec.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import type { RenamedKeys } from "../../wire/renamed-keys.ts";
import { wellFormed } from "../../wire/well-formed.ts";
import { modernSchema } from "./schema-draft.ts";
import { sayForms } from "./schema-forms.ts";
import { renameKeys } from "./schema-keys.ts";
import { repairSchema } from "./schema-repair.ts";
import { objectRoot } from "./schema-root.ts";

export interface ModelSchema {
  readonly shown: JsonSchema;
  /**
   * Maps the keys that a model writes to those of the true schema; undefined when they are equal.
   */
  readonly keys?: RenamedKeys;
}

/** The most characters of a schema: a larger one would leave a model no room for its work. */
const MAX_CHARACTERS = 256_000;
const MAX_VALUES = 10_000;
const MAX_LEVELS = 100;

const known = new WeakMap<JsonSchema, ModelSchema>();

/**
 * Returns the form of a tool's input schema that models are shown. Anthropic's Messages API takes
 * it: an object without unions at its root, with keys that the API allows, valid as JSON Schema
 * 2020-12. A schema that is so already is returned as it is.
 *
 * **Guarantees** never throws and takes time in proportion to the schema, whatever its source. A
 * schema that is too large or too deep is shown as that of any object, with a note. Computed once
 * for each schema.
 */
export function schemaForModels(schema: JsonSchema): ModelSchema {
  const made = known.get(schema) ?? adapt(schema);
  known.set(schema, made);
  return made;
}

function adapt(schema: JsonSchema): ModelSchema {
  try {
    return adapted(measured(schema));
  } catch (error) {
    const description = `The schema of this input cannot be shown: ${describe(error)}.`;
    return { shown: { type: "object", description: wellFormed(description) as string } };
  }
}

function adapted(schema: JsonSchema): ModelSchema {
  const { schema: merged, forms } = objectRoot(measured(modernSchema(schema)));
  const { schema: renamed, names, keys } = renameKeys(measured(merged));
  const choice = sayForms(forms, (key) => names.get(key) ?? key);
  const { description } = renamed;
  const said = [description, choice].filter((text) => typeof text === "string" && text !== "");
  const shown = wellFormed({
    ...renamed,
    ...(choice === undefined ? {} : { description: said.join("\n") }),
  }) as JsonSchema;
  repairSchema(shown);
  const how = keys === undefined ? {} : { keys };
  return isDeepStrictEqual(shown, schema) ? { shown: schema } : { shown, ...how };
}

/** Returns the same schema, or throws when it is too large or too deep to be shown. */
function measured(schema: JsonSchema): JsonSchema {
  const left = { characters: MAX_CHARACTERS, values: MAX_VALUES };
  const measure = (value: Json | undefined, level: number): void => {
    left.values -= 1;
    if (typeof value === "string") left.characters -= value.length;
    if (left.values < 0 || left.characters < 0) throw new RangeError("it is too large");
    if (typeof value !== "object" || value === null) return;
    if (level > MAX_LEVELS) throw new RangeError(`it nests over ${MAX_LEVELS} levels`);
    for (const [key, inside] of Object.entries(value)) {
      if (!Array.isArray(value)) left.characters -= key.length;
      measure(inside, level + 1);
    }
  };
  measure(schema, 0);
  return schema;
}
