import type { Json, JsonSchema } from "../../wire/json.ts";
import { segmentsOf } from "./compiled-schema.ts";
import { FreeNames, isFitKey } from "./free-names.ts";
import { fieldsOf, isObject, isSchema, type Schema } from "./schema-keywords.ts";

/** A definition that is still to be written into `$defs`. */
interface Definition {
  readonly name: string;
  readonly schema: Schema;
}

/**
 * The definitions of a schema: gives each target of a reference a name in `$defs`, at any place and
 * under any identifier.
 */
export class SchemaReferences {
  readonly #root: JsonSchema;
  readonly #names: FreeNames;
  readonly #known = new Map<string, string | undefined>();
  readonly #byTarget = new Map<Schema, string>();
  readonly #pending: Definition[] = [];
  #identified: ReadonlyMap<string, JsonSchema> | undefined;

  constructor(root: JsonSchema) {
    this.#root = root;
    const defined = [...fieldsOf(root.$defs), ...fieldsOf(root.definitions)];
    const fit = new Set(defined.map(([name]) => name).filter(isFitKey));
    this.#names = new FreeNames(fit);
    for (const [name, schema] of defined) {
      const given = isSchema(schema) ? schema : {};
      const free = fit.delete(name) ? name : this.#names.nameFor(name);
      if (isObject(given)) this.#byTarget.set(given, free);
      this.#pending.push({ name: free, schema: given });
    }
  }

  /** Returns the reference in the new schema; undefined when it has no target. */
  rewrite(reference: string): string | undefined {
    if (!this.#known.has(reference)) this.#known.set(reference, this.#resolve(reference));
    return this.#known.get(reference);
  }

  /** Removes and returns the next definition. */
  take(): Definition | undefined {
    return this.#pending.shift();
  }

  #resolve(reference: string): string | undefined {
    const target = this.#targetOf(reference);
    if (target === undefined) return undefined;
    if (target === this.#root) return "#";
    const known = isObject(target) ? this.#byTarget.get(target) : undefined;
    const name = known ?? this.#names.nameFor(reference.split(/[#/]/).at(-1) ?? "");
    if (known === undefined) {
      if (isObject(target)) this.#byTarget.set(target, name);
      this.#pending.push({ name, schema: target });
    }
    return `#/$defs/${name}`;
  }

  #targetOf(reference: string): Schema | undefined {
    const [document = "", fragment = ""] = reference.split("#", 2);
    const isOwn = document === "" || document === this.#root.$id || document === this.#root.id;
    const base = isOwn ? this.#root : this.#byIdentifier(document);
    if (base === undefined || fragment === "") return base;
    return fragment.startsWith("/") ? follow(base, fragment) : this.#byIdentifier(`#${fragment}`);
  }

  #byIdentifier(name: string): JsonSchema | undefined {
    this.#identified ??= identifiersIn(this.#root);
    return this.#identified.get(name);
  }
}

/** Follows a JSON Pointer. */
function follow(base: JsonSchema, pointer: string): Schema | undefined {
  let at: Json = base;
  for (const key of segmentsOf(pointer.split("/").map(decoded).join("/"))) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { readonly [key: string]: Json })[key] as Json;
  }
  return isSchema(at) ? at : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

function identifiersIn(root: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const found = new Map<string, JsonSchema>();
  const note = (name: Json | undefined, prefix: string, schema: JsonSchema): void => {
    const known = typeof name !== "string" || found.has(prefix + name);
    if (!known) found.set(prefix + name, schema);
  };
  const look = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    if (isObject(value)) {
      note(value.$id, "", value);
      note(value.id, "", value);
      note(value.$anchor, "#", value);
      note(value.$dynamicAnchor, "#", value);
    }
    for (const inside of Object.values(value)) look(inside ?? null);
  };
  look(root);
  return found;
}
