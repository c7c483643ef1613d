import type { Json, JsonSchema } from "../../wire/json.ts";
import {
  fieldsOf,
  insideOf,
  isObject,
  listOf,
  SCHEMA_MAPS,
  type Schema,
  targetOf,
} from "./schema-keywords.ts";

/** Keywords whose subschemas apply to the same value. */
const SAME = new Set([
  ...["$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas"],
]);
/** Keywords of which at most one applies to a property or an item. */
const EITHER = new Set(["properties", "additionalProperties", "prefixItems", "items"]);
/** Keywords whose time grows with the length of a text. */
const OF_TEXT = ["minLength", "maxLength", "uniqueItems"];
/** Checks to serialise a value of a list, for each list around it. */
const CHECKS_OF_UNIQUE = 20;

/** The size of a value, as far as the time of a check depends on it. */
export interface ValueSize {
  readonly values: number;
  readonly characters: number;
  readonly depth: number;
}

/** The cost of a schema together with all subschemas that apply to the same value. */
interface Reach {
  /** Checks of one value. */
  readonly checks: number;
  /** Schemas that can apply to the same value inside it. */
  readonly overlap: number;
}

/**
 * An upper bound of the checks, of some ten nanoseconds each, that a schema makes on a value of a
 * size.
 */
export class SchemaWork {
  readonly #root: JsonSchema;
  readonly #reaches = new Map<Schema, Reach>();
  readonly #totals = new Map<Schema, number>();
  readonly #total: number;
  #checks = 1;
  #overlap = 1;
  #readsText = false;
  #uniqueLists = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
    this.#total = this.#totalOf(root);
    for (const schema of this.#totals.keys()) {
      const { checks, overlap } = this.#reachOf(schema);
      this.#checks = Math.max(this.#checks, checks);
      this.#overlap = Math.max(this.#overlap, overlap);
      if (!isObject(schema)) continue;
      if (OF_TEXT.some((word) => word in schema)) this.#readsText = true;
      if (schema.uniqueItems === true) this.#uniqueLists += 1;
    }
  }

  /** Returns the number of schemas in reach. */
  get schemas(): number {
    return this.#totals.size;
  }

  of({ values, characters, depth }: ValueSize): number {
    const each = Math.min(this.#total, this.#checks * this.#overlap ** depth);
    const size = this.#readsText ? values + characters / 8 : values;
    const lists = this.#total === Infinity ? depth : Math.min(this.#uniqueLists, depth);
    return each * size + (this.#uniqueLists > 0 ? size * lists * CHECKS_OF_UNIQUE : 0);
  }

  /** Returns all checks of a schema, written out; infinite when it refers back to itself. */
  #totalOf(schema: Schema): number {
    const known = this.#totals.get(schema);
    if (known !== undefined) return known;
    // A request for a total that is still being computed is a reference back to itself.
    this.#totals.set(schema, Infinity);
    let total = ownChecks(schema);
    for (const [, inside] of this.#inside(schema)) total += this.#totalOf(inside);
    this.#totals.set(schema, total);
    return total;
  }

  #reachOf(schema: Schema): Reach {
    const known = this.#reaches.get(schema);
    if (known !== undefined) return known;
    // A circle within one value is refused before.
    this.#reaches.set(schema, { checks: Infinity, overlap: Infinity });
    let checks = ownChecks(schema);
    let overlap = 0;
    let either = 0;
    for (const [keyword, inside] of this.#inside(schema)) {
      if (SAME.has(keyword)) {
        const reach = this.#reachOf(inside);
        checks += reach.checks;
        overlap += reach.overlap;
      } else if (EITHER.has(keyword)) either = 1;
      else overlap += 1;
    }
    const reach = { checks, overlap: overlap + either };
    this.#reaches.set(schema, reach);
    return reach;
  }

  #inside(schema: Schema): readonly (readonly [keyword: string, inside: Schema])[] {
    if (!isObject(schema)) return [];
    const inside = [...insideOf(schema)]
      .filter(([keyword]) => keyword !== "$defs")
      .map(([keyword, , one]) => [keyword, one] as const);
    const target = targetOf(this.#root, schema.$ref);
    return target === undefined ? inside : [...inside, ["$ref", target]];
  }
}

/** Returns the checks of a schema's own keywords. */
function ownChecks(schema: Schema): number {
  if (!isObject(schema)) return 1;
  let checks = 1;
  for (const [keyword, value] of fieldsOf(schema)) {
    checks += 1;
    if (keyword === "enum" || keyword === "const") checks += countOf(value);
    if (keyword === "required") checks += listOf(value).length;
    if (keyword === "dependentRequired") checks += countOf(value);
    if (SCHEMA_MAPS.has(keyword) && keyword !== "$defs") checks += fieldsOf(value).length;
  }
  return checks;
}

function countOf(value: Json | undefined): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, one) => sum + countOf(one), 1);
}
