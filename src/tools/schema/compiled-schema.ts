import type { ErrorObject, Options } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020.js";
import { shorten } from "../../wire/clip.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { onFirstUse } from "./first-use.ts";
import { PatternEngine } from "./pattern-engine.ts";
import { listOf } from "./schema-keywords.ts";
import { areUnique } from "./unique-items.ts";

/** A place where an input does not fit, as a JSON Pointer; `""` is the input itself. */
export type InputIssue = { readonly path: string; readonly message: string };

/** A place where a value does not fit, and what the schema requires there. */
export interface SchemaFault {
  /** The path of the value that does not fit, or that lacks a property. */
  readonly path: string;
  readonly keyword: string;
  /** Names of the required types, when the type is wrong. */
  readonly wanted: readonly string[];
  /** The name of the missing property. */
  readonly missing?: string;
  readonly issue: () => InputIssue;
}

export interface CompiledSchema {
  /**
   * Returns true when a value fits; fills in defaults, in place.
   *
   * **Fails with** `TooMuchWork` when its patterns take more than `steps` steps.
   */
  readonly fits: (value: Json, steps: number) => boolean;
  /** Returns the places where a value does not fit; fills in defaults as well. */
  readonly faults: (value: Json, steps: number) => readonly SchemaFault[];
}

/** The most faults returned: more add no information. */
const MAX_FAULTS = 1_000;
const MAX_VALUES_LENGTH = 1_000;
const META_SCHEMA = "https://json-schema.org/draft/2020-12/schema";

const ajv2020 = onFirstUse<typeof import("ajv/dist/2020.js")>("ajv/dist/2020.js", () =>
  require("ajv/dist/2020.js"),
);
const engine = new PatternEngine();
const instances: { first?: Ajv2020; all?: Ajv2020; plain?: Ajv2020 } = {};

/**
 * Compiles a valid schema of 2020-12, as `modernSchema` writes it.
 *
 * **Fails with** the error of the compiler.
 */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const fits = compile("first", schema);
  // Created before any call, because creating it blocks the thread.
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
      return all(value) ? [] : (all.errors ?? []).slice(0, MAX_FAULTS).map(faultOf);
    },
  };
}

/**
 * Returns the places where a schema is not valid JSON Schema 2020-12, as JSON Pointers; none when
 * it is.
 */
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
    // The shared instance would otherwise keep every schema it has compiled.
    ajv.removeSchema(schema);
  }
}

/** Creates an instance of the compiler, which takes 12 ms, so only on demand. */
function instance(allErrors: boolean): Ajv2020 {
  // Unknown keywords and formats are annotations, as the standard says. Inherited names, such as
  // `constructor`, are not properties of an input.
  const options: Options = { strict: false, logger: false, allErrors, useDefaults: true };
  // Schemas were validated before: compiling the meta-schema takes 50 ms.
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
    // Computed on demand, because few of many faults are shown and their texts can be long.
    issue: () => issueOf(error),
  };
}

function wantedBy({ keyword, params }: ErrorObject): readonly string[] {
  if (keyword === "type") return [params.type].flat() as string[];
  const values = keyword === "enum" ? listOf(params.allowedValues as Json) : [];
  const all = keyword === "const" ? [params.allowedValue as Json] : values;
  return [...new Set(all.map(typeName))];
}

/** Returns the name of a value's type in JSON Schema. */
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
  const which = values === "" ? "" : `: ${shorten(values, MAX_VALUES_LENGTH)}`;
  return { path: instancePath, message: `${said ?? "does not fit"}${which}` };
}

/** Escapes one segment of a JSON Pointer (RFC 6901). */
export function pointer(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Returns the segments of a JSON Pointer. */
export function segmentsOf(path: string): readonly string[] {
  const parts = path.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
