import type { Json } from "../wire/json.ts";

/** A larger chart cannot be read by anybody, and would travel to each viewer. */
const MOST_CHARACTERS = 100_000;
const DEEPEST = 40;
/** What a chart is not drawn from, and may hold data. */
const LEFT_OUT = new Set(["context", "types", "schemas", "output", "input", "params"]);
/** Below these the names are the user's own. */
const NAMING = new Set(["states", "on", "after"]);

/** A machine's definition as data, in the form that Stately's tools read: no code, no data. */
export function definitionOf(config: object): Json {
  const definition = copy(config, "", 0) as { readonly id?: Json };
  const { length } = JSON.stringify(definition);
  if (length <= MOST_CHARACTERS) return definition;
  return { id: definition.id ?? "machine", description: `Left out: ${length} characters long.` };
}

function copy(value: unknown, under: string, depth: number): Json | undefined {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "function":
      return { type: value.name || "inline" };
    case "object":
      if (value === null) return null;
      return depth > DEEPEST ? undefined : copyObject(value, under, depth);
    default:
      return undefined;
  }
}

function copyObject(value: object, under: string, depth: number): Json {
  if (Array.isArray(value)) return value.map((item) => copy(item, "", depth + 1) ?? null);
  // An actor's logic written where its name would stand.
  if ("transition" in value && typeof value.transition === "function") return "inline";
  const fields: { [name: string]: Json } = {};
  for (const [name, field] of Object.entries(value)) {
    if (LEFT_OUT.has(name) && !NAMING.has(under)) continue;
    const copied = copy(field, name, depth + 1);
    if (copied !== undefined) fields[name] = copied;
  }
  return fields;
}
