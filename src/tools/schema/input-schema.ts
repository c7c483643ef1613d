import { Ajv, type ErrorObject, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CoppiceError } from "../../errors.ts";
import { describe } from "../../wire/error-codec.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { plainJson } from "../../wire/plain-json.ts";
import {
  type DescribesItself,
  isStandardSchema,
  type StandardIssue,
  type StandardSchemaV1,
} from "./standard-schema.ts";

/** One place where an input does not fit, as a JSON Pointer; `""` is the input itself. */
export type InputIssue = { readonly path: string; readonly message: string };

export type ValidatedInput =
  | { readonly valid: true; readonly value: unknown }
  | { readonly valid: false; readonly issues: readonly InputIssue[] };

/** How a tool's input is described to the model, and how it is checked. */
export interface InputSchema {
  readonly described: JsonSchema;
  readonly validate: (input: Json) => ValidatedInput | Promise<ValidatedInput>;
}

/** More issues than this tell a model nothing new. */
const MAX_ISSUES = 20;

/**
 * Reads the `input` of a tool's definition.
 *
 * **Fails with** `OPTIONS_INVALID` when it is neither a JSON Schema of an object that compiles nor
 * a Standard Schema.
 */
export function readInputSchema(tool: string, input: unknown, told: unknown): InputSchema {
  if (isStandardSchema(input)) {
    const described = told ?? exportedSchema(tool, input) ?? { type: "object" };
    return { described: objectSchema(tool, described), validate: standardValidator(input) };
  }
  const schema = objectSchema(tool, input);
  return { described: objectSchema(tool, told ?? schema), validate: ajvValidator(tool, schema) };
}

function exportedSchema(tool: string, schema: DescribesItself): unknown {
  try {
    const standard = schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" });
    return standard ?? schema.toJSONSchema?.({ io: "input" });
  } catch (error) {
    throw new CoppiceError(
      "OPTIONS_INVALID",
      `The input of tool "${tool}" cannot be told to a model: ${describe(error)}. ` +
        "Give its JSON Schema as `inputSchema`.",
    );
  }
}

/** Models send an object and their services refuse any other schema, so it is said here. */
function objectSchema(tool: string, schema: unknown): JsonSchema {
  const wrong = (what: string): CoppiceError =>
    new CoppiceError("OPTIONS_INVALID", `The input schema of tool "${tool}" ${what}.`);
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw wrong("is neither a JSON Schema nor a Standard Schema");
  }
  let copy: JsonSchema;
  try {
    copy = plainJson(schema) as JsonSchema;
  } catch (error) {
    throw wrong(`is not plain JSON: ${describe(error)}`);
  }
  const { type = "object" } = copy;
  // One that allows other values too is shown to models as an object.
  if (type !== "object" && !(Array.isArray(type) && type.includes("object"))) {
    throw wrong(`describes ${JSON.stringify(copy.type)}, and a tool's input is an object`);
  }
  return Object.freeze({ type: "object", ...copy });
}

function ajvValidator(tool: string, schema: JsonSchema): InputSchema["validate"] {
  const check = compile(tool, schema);
  return (input) => {
    // The tool gets a copy: what it does to its input must not reach the recorded call.
    if (check(input)) return { valid: true, value: plainJson(input) };
    return { valid: false, issues: (check.errors ?? []).slice(0, MAX_ISSUES).map(ajvIssue) };
  };
}

function compile(tool: string, schema: JsonSchema) {
  const ajv = dialect(schema);
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new CoppiceError(
      "OPTIONS_INVALID",
      `The input schema of tool "${tool}" does not compile: ${describe(error)}.`,
    );
  } finally {
    // The shared instance would otherwise keep every schema it has seen.
    ajv.removeSchema(schema);
  }
}

const dialects: { draft7?: Ajv; draft2020?: Ajv2020 } = {};

/** One instance for each dialect, made when first needed: making one takes 12 ms. */
function dialect(schema: JsonSchema): Ajv | Ajv2020 {
  // Unknown keywords and formats are annotations, as the standard has it.
  const options: Options = { strict: false, logger: false, allErrors: true };
  if (typeof schema.$schema === "string" && /draft-0[67]/.test(schema.$schema)) {
    dialects.draft7 ??= new Ajv(options);
    return dialects.draft7;
  }
  dialects.draft2020 ??= new Ajv2020(options);
  return dialects.draft2020;
}

const META_SCHEMA = "https://json-schema.org/draft/2020-12/schema";

/** Where a schema is no valid JSON Schema 2020-12, as JSON Pointers; nowhere when it is one. */
export function schemaFaults(schema: JsonSchema): readonly string[] {
  const check = dialect({}).getSchema(META_SCHEMA);
  if (check === undefined || check(schema) === true) return [];
  return (check.errors ?? []).map(({ instancePath }) => instancePath);
}

function ajvIssue({ instancePath, message, params }: ErrorObject): InputIssue {
  const missing: unknown = params.missingProperty;
  if (typeof missing === "string") {
    return { path: `${instancePath}/${pointer(missing)}`, message: "is required" };
  }
  const extra: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (typeof extra === "string") {
    return { path: `${instancePath}/${pointer(extra)}`, message: "is not a known property" };
  }
  const allowed: unknown = params.allowedValues;
  const which = Array.isArray(allowed) ? `: ${JSON.stringify(allowed)}` : "";
  return { path: instancePath, message: `${message ?? "does not fit"}${which}` };
}

function standardValidator(schema: StandardSchemaV1): InputSchema["validate"] {
  return async (input) => {
    const result = await schema["~standard"].validate(structuredClone(input));
    if (result.issues === undefined) return { valid: true, value: result.value };
    return { valid: false, issues: result.issues.slice(0, MAX_ISSUES).map(standardIssue) };
  };
}

function standardIssue({ path = [], message }: StandardIssue): InputIssue {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  return { path: keys.map((key) => `/${pointer(String(key))}`).join(""), message };
}

/** Escapes one segment of a JSON Pointer (RFC 6901). */
function pointer(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}
