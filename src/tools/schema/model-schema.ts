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
  /** How the keys of what a model says become those of the true schema; none where they are. */
  readonly keys?: RenamedKeys;
}

/** More than this would leave a model no room for its work. */
const MOST_CHARACTERS = 256_000;
const MOST_VALUES = 10_000;
const MOST_LEVELS = 100;

const known = new WeakMap<JsonSchema, ModelSchema>();

/**
 * What a model is shown of the schema of a tool's input: always one that Anthropic's Messages API
 * takes, an object without unions at its root, of keys that it knows, valid as JSON Schema 2020-12.
 * A schema that is so already is shown as it is.
 *
 * **Guarantees** never throws and takes time in proportion to the schema, whoever wrote it; one
 * that is too large or deep is shown as any object, and says so. Made once for each schema.
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

/** The same schema, where it can be shown to a model at all. */
function measured(schema: JsonSchema): JsonSchema {
  const left = { characters: MOST_CHARACTERS, values: MOST_VALUES };
  const measure = (value: Json | undefined, level: number): void => {
    left.values -= 1;
    if (typeof value === "string") left.characters -= value.length;
    if (left.values < 0 || left.characters < 0) throw new RangeError("it is too large");
    if (typeof value !== "object" || value === null) return;
    if (level > MOST_LEVELS) throw new RangeError(`it nests over ${MOST_LEVELS} levels`);
    for (const [key, inside] of Object.entries(value)) {
      if (!Array.isArray(value)) left.characters -= key.length;
      measure(inside, level + 1);
    }
  };
  measure(schema, 0);
  return schema;
}

/** A copy whose texts and keys are all well formed. */
