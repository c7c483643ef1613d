import { createRequire } from "node:module";
import { join } from "node:path";
import { CoppiceError } from "../../errors.ts";
import { describe } from "../../wire/error-codec.ts";
import { isError } from "../../wire/realm.ts";
import type { DescribesItself, StandardSchemaV1 } from "./standard-schema.ts";

type Validator = StandardSchemaV1 & DescribesItself;
/** The exports of a package: functions, and objects of functions. */
type Exports = { readonly [name: string]: Exported | undefined };
type Exported = ((...given: unknown[]) => unknown) & {
  readonly [name: string]: ((...given: unknown[]) => unknown) | undefined;
};

/** A validator and the JSON Schema of its input. */
export interface Description {
  /** The JSON Schema of the input. */
  readonly shown: unknown;
  /** The validator of that input. */
  readonly validator: StandardSchemaV1;
}

/** A library whose schemas do not describe themselves, or not completely. */
interface Vendor {
  /** The package that describes them; undefined when the schema does it itself. */
  readonly peer?: string;
  readonly describe: (peer: Exports, schema: Validator) => unknown;
  /** Returns a validator of JSON, for a library whose schemas take values that JSON cannot hold. */
  readonly ofJson?: (peer: Exports, schema: Validator) => Validator | undefined;
}

const NONE = {} as Exported;
const TARGET = "draft-2020-12";
/** Types of zod 3 without a JSON Schema: its converter writes one that no value fits. */
const UNTOLD = /^Zod(Date|BigInt|Map|Set|Symbol|Function|Promise|NaN|Undefined|Void)$/;

/** Vendors by the name that a library puts into its schemas. */
const vendors = new Map<string, Vendor>([
  [
    "valibot",
    {
      peer: "@valibot/to-json-schema",
      describe: ({ toJsonSchema }, schema) =>
        toJsonSchema?.(schema, { target: TARGET, typeMode: "input", errorMode: "throw" }),
    },
  ],
  // In the standard's way it would describe values that JSON cannot hold as anything.
  ["arktype", { describe: (_, schema) => schema.in?.toJsonSchema?.() }],
  [
    "effect",
    {
      peer: "effect",
      // Version 4, then version 3.
      describe: ({ Schema = NONE, JSONSchema = NONE }, schema) =>
        Schema.toStandardJSONSchemaV1 === undefined
          ? JSONSchema.make?.(schema)
          : ownDescription(Schema.toStandardJSONSchemaV1(schema) as Validator),
      ofJson: ({ Schema = NONE }, schema) =>
        Schema.toStandardSchemaV1?.(Schema.toCodecJson?.(schema)) as Validator | undefined,
    },
  ],
]);

/** Version 3 of zod; later versions describe themselves. */
const zod3: Vendor = {
  peer: "zod-to-json-schema",
  describe: ({ zodToJsonSchema }, schema) =>
    zodToJsonSchema?.(schema, { pipeStrategy: "input", postProcess: refuseUntold }),
};

/**
 * Returns the JSON Schema of a validator's input, by the method of its library.
 *
 * **Fails with** `OPTIONS_INVALID`, saying what to install or to pass, when there is none.
 */
export function describedSchema(tool: string, schema: Validator): Description {
  try {
    const vendor = vendorOf(schema);
    const peer = vendor?.peer === undefined ? {} : load(vendor.peer);
    if (peer === undefined) {
      const { vendor: library } = schema["~standard"];
      throw new Error(`it is of ${library}, whose schemas "${vendor?.peer}" describes: install it`);
    }
    const shown = vendor === undefined ? ownDescription(schema) : vendor.describe(peer, schema);
    if (shown === undefined) throw new Error("it does not describe itself");
    return { shown, validator: vendor?.ofJson?.(peer, schema) ?? schema };
  } catch (error) {
    const message = `The input of tool "${tool}" cannot be told to a model: ${describe(error)}`;
    const pass = "Give its JSON Schema as `inputSchema`.";
    throw new CoppiceError("OPTIONS_INVALID", `${message}. ${pass}`, { tool });
  }
}

function vendorOf(schema: Validator): Vendor | undefined {
  const { vendor } = schema["~standard"];
  const isOld = vendor === "zod" && !("_zod" in schema) && schema.toJSONSchema === undefined;
  if (isOld) return zod3;
  const known = vendors.get(vendor);
  if (known?.peer === undefined || schema["~standard"].jsonSchema === undefined) return known;
  // A newer version may describe itself; only validators of effect need the peer even then.
  return known.ofJson === undefined ? undefined : known;
}

/** Refuses a type without a JSON Schema; called for each nested schema. */
function refuseUntold(shown: unknown, { typeName, coerce }: ZodDefinition): unknown {
  if (!UNTOLD.test(typeName) || coerce === true) return shown;
  throw new Error(`${typeName} takes nothing that JSON can hold`);
}

interface ZodDefinition {
  readonly typeName: string;
  readonly coerce?: boolean;
}

/** Returns Standard JSON Schema, or a library's equivalent. */
function ownDescription(schema: Validator): unknown {
  const { jsonSchema } = schema["~standard"];
  if (jsonSchema !== undefined) return jsonSchema.input({ target: TARGET });
  if (typeof schema.toJSONSchema === "function") return schema.toJSONSchema({ io: "input" });
  // The schemas of zod/mini have no methods.
  if ("_zod" in schema) return load("zod")?.toJSONSchema?.(schema, { io: "input" });
  return undefined;
}

/**
 * Loads a package from the user's project, which has the validator and its converter, otherwise
 * from this library's.
 */
function load(name: string): Exports | undefined {
  // A CommonJS bundle has no `import.meta.url`.
  const beside: string | undefined = import.meta.url;
  const project = join(process.cwd(), "package.json");
  for (const from of beside === undefined ? [project] : [project, beside]) {
    try {
      return createRequire(from)(name) as Exports;
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  return undefined;
}

function isMissing(error: unknown, name: string): boolean {
  if (!isError(error) || !("code" in error)) return false;
  return error.code === "MODULE_NOT_FOUND" && error.message.includes(name);
}
