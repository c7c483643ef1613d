import type { ErrorObject, Options } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020.js";
import { shorten } from "../../wire/clip.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { onFirstUse } from "./first-use.ts";
import { PatternEngine } from "./pattern-engine.ts";
import { listOf } from "./schema-keywords.ts";
import { areUnique } from "./unique-items.ts";

/** One place where an input does not fit, as a JSON Pointer; `""` is the input itself. */
export type InputIssue = { readonly path: string; readonly message: string };

/** One place where a value does not fit, and what the schema wants there. */
export interface SchemaFault {
  /** Of the value that does not fit, or that lacks something. */
  readonly path: string;
  readonly keyword: string;
  /** Names of types, where it is the type that is wrong. */
  readonly wanted: readonly string[];
  /** The property that is missing. */
  readonly missing?: string;
  readonly issue: () => InputIssue;
}

export interface CompiledSchema {
  /**
   * Whether a value fits; fills defaults in, in place.
   *
   * **Fails with** `TooMuchWork` where its patterns take more than so many steps.
   */
  readonly fits: (value: Json, steps: number) => boolean;
  /** Where it does not; fills defaults in as well. */
  readonly faults: (value: Json, steps: number) => readonly SchemaFault[];
}

/** More faults than this tell nothing new. */
const MOST_FAULTS = 1_000;
const LONGEST_VALUES = 1_000;
const META_SCHEMA = "https://json-schema.org/draft/2020-12/schema";

const ajv2020 = onFirstUse<typeof import("ajv/dist/2020.js")>("ajv/dist/2020.js", () =>
  require("ajv/dist/2020.js"),
);
const engine = new PatternEngine();
const instances: { first?: Ajv2020; all?: Ajv2020; plain?: Ajv2020 } = {};

/**
 * Compiles a schema of 2020-12, as `modernSchema` writes it, that has no faults.
 *
 * **Fails with** the error of the compiler.
 */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const fits = compile("first", schema);
  // Made before any call, whose thread it would hold.
  instances.all ??= instance(true);
  let all: ReturnType<typeof compile> | undefined;
  return {
    fits: (value, steps) => {
      engine.allow(steps);
      return fits(value);
    },
    faults: (value, steps) => {
      // Most schemas never need it.
      all ??= compile("all", schema);
      engine.allow(steps);
      return all(value) ? [] : (all.errors ?? []).slice(0, MOST_FAULTS).map(faultOf);
    },
  };
}

/** Where a schema is no valid JSON Schema 2020-12, as JSON Pointers; nowhere when it is one. */
export function schemaFaults(schema: JsonSchema): readonly string[] {
  const { Ajv2020 } = ajv2020();
  instances.plain ??= new Ajv2020({ strict: false, logger: false, allErrors: true });
  const check = instances.plain.getSchema(META_SCHEMA);
  if (check === undefined || check(schema) === true) return [];
  return (check.errors ?? []).map(({ instancePath }) => instancePath);
}

function compile(which: "first" | "all", schema: JsonSchema) {
  instances[which] ??= instance(which === "all");
  const ajv = instances[which];
  try {
    return ajv.compile<Json>(schema);
  } finally {
    // The shared instance would otherwise keep every schema it has seen.
    ajv.removeSchema(schema);
  }
}

/** Made when first needed: making one takes 12 ms. */
function instance(allErrors: boolean): Ajv2020 {
  // Unknown keywords and formats are annotations, as the standard has it. What every object
  // inherits, such as `constructor`, is no property of an input.
  const options: Options = { strict: false, logger: false, allErrors, useDefaults: true };
  // What is compiled was found to be a schema before: the meta-schema takes 50 ms to compile.
  const unasked: Options = { meta: false, validateSchema: false, validateFormats: false };
  const code = { regExp: engine.regExp };
  const { Ajv2020 } = ajv2020();
  const ajv = new Ajv2020({ ...options, ...unasked, ownProperties: true, code });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    ...{ keyword: "uniqueItems", type: "array", schemaType: "boolean", error: { message } },
    validate: (wanted: boolean, items: readonly Json[]) => !wanted || areUnique(items),
  });
  return ajv;
}

const message = "must not have the same item twice";

function faultOf(error: ErrorObject): SchemaFault {
  const { instancePath: path, keyword, params } = error;
  const missing: unknown = params.missingProperty;
  return {
    ...{ path, keyword, wanted: wantedBy(error) },
    ...(typeof missing === "string" ? { missing } : {}),
    // Of a few among many: what it says can be long.
    issue: () => issueOf(error),
  };
}

function wantedBy({ keyword, params }: ErrorObject): readonly string[] {
  if (keyword === "type") return [params.type].flat() as string[];
  const values = keyword === "enum" ? listOf(params.allowedValues as Json) : [];
  const all = keyword === "const" ? [params.allowedValue as Json] : values;
  return [...new Set(all.map(typeName))];
}

/** The name of a value's type in JSON Schema. */
export function typeName(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function issueOf({ instancePath, message: said, params }: ErrorObject): InputIssue {
  const missing: unknown = params.missingProperty;
  if (typeof missing === "string") {
    return { path: `${instancePath}/${pointer(missing)}`, message: "is required" };
  }
  const extra: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof extra === "string") {
    return { path: `${instancePath}/${pointer(extra)}`, message: "is not a known property" };
  }
  const allowed: unknown = params.allowedValues;
  const values = Array.isArray(allowed) ? JSON.stringify(allowed) : "";
  const which = values === "" ? "" : `: ${shorten(values, LONGEST_VALUES)}`;
  return { path: instancePath, message: `${said ?? "does not fit"}${which}` };
}

/** Escapes one segment of a JSON Pointer (RFC 6901). */
export function pointer(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The segments of a JSON Pointer. */
export function segmentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
