import type { Json } from "../wire/json.ts";

/**
 * Most characters of a definition. A larger chart is unreadable, and would travel to each viewer.
 */
const MAX_CHARACTERS = 100_000;
const MAX_DEPTH = 40;
/** Fields that no chart is drawn from, and that may contain data. */
const LEFT_OUT = new Set(["context", "types", "schemas", "output", "input", "params"]);
/** Fields whose own fields have names of the user's choice. */
const NAMING = new Set(["states", "on", "after"]);

/** Returns a machine's definition in the form that Stately's tools read, without code and data. */
export function definitionOf(config: object): Json {
  const definition = copy(config, "", 0) as { readonly id?: Json };
  const { length } = JSON.stringify(definition);
  if (length <= MAX_CHARACTERS) return definition;
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
      return depth > MAX_DEPTH ? undefined : copyObject(value, under, depth);
    default:
      return undefined;
  }
}

function copyObject(value: object, under: string, depth: number): Json {
  if (Array.isArray(value)) return value.map((item) => copy(item, "", depth + 1) ?? null);
  // An actor's logic given inline in place of a name.
  if ("transition" in value && typeof value.transition === "function") return "inline";
  const fields: { [name: string]: Json } = {};
  for (const [name, field] of Object.entries(value)) {
    if (LEFT_OUT.has(name) && !NAMING.has(under)) continue;
    const copied = copy(field, name, depth + 1);
    if (copied !== undefined) fields[name] = copied;
  }
  return fields;
}
