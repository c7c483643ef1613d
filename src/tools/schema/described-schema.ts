import { createRequire } from "node:module";
import { join } from "node:path";
import { CoppiceError } from "../../errors.ts";
import { describe } from "../../wire/error-codec.ts";
import { isError } from "../../wire/realm.ts";
import type { DescribesItself, StandardSchemaV1 } from "./standard-schema.ts";

type Validator = StandardSchemaV1 & DescribesItself;
/** What a package exports: functions, and rooms of functions. */
type Exports = { readonly [name: string]: Exported | undefined };
type Exported = ((...given: unknown[]) => unknown) & {
  readonly [name: string]: ((...given: unknown[]) => unknown) | undefined;
};

/** What is to be known of a validator. */
export interface Description {
  /** The JSON Schema of what it takes. */
  readonly shown: unknown;
  /** The validator whose input that is. */
  readonly validator: StandardSchemaV1;
}

/** How schemas of a library are described that say nothing of themselves, or not all of it. */
interface Vendor {
  /** The package that can; left out where the schema itself can. */
  readonly peer?: string;
  readonly describe: (peer: Exports, schema: Validator) => unknown;
  /** The validator of JSON, where the library's own takes what JSON cannot hold. */
  readonly ofJson?: (peer: Exports, schema: Validator) => Validator | undefined;
}

const NONE = {} as Exported;
const TARGET = "draft-2020-12";
/** What zod 3 has no JSON Schema for, though its converter writes one that fits no value. */
const UNTOLD = /^Zod(Date|BigInt|Map|Set|Symbol|Function|Promise|NaN|Undefined|Void)$/;

/** By the name that a library gives itself in its schemas. */
const vendors = new Map<string, Vendor>([
  [
    "valibot",
    {
      peer: "@valibot/to-json-schema",
      describe: ({ toJsonSchema }, schema) =>
        toJsonSchema?.(schema, { target: TARGET, typeMode: "input", errorMode: "throw" }),
    },
  ],
  // It would describe what JSON cannot hold as anything, in the standard's way.
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

/** Version 3: a later one is described by our own. */
const zod3: Vendor = {
  peer: "zod-to-json-schema",
  describe: ({ zodToJsonSchema }, schema) =>
    zodToJsonSchema?.(schema, { pipeStrategy: "input", postProcess: refuseUntold }),
};

/**
 * The JSON Schema of what a validator takes, in whatever way its library has for that.
 *
 * **Fails with** `OPTIONS_INVALID`, saying what to install or to pass, where there is none.
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
    const told = `The input of tool "${tool}" cannot be told to a model: ${describe(error)}`;
    const pass = "Give its JSON Schema as `inputSchema`.";
    throw new CoppiceError("OPTIONS_INVALID", `${told}. ${pass}`, { tool });
  }
}

function vendorOf(schema: Validator): Vendor | undefined {
  const { vendor } = schema["~standard"];
  const isOld = vendor === "zod" && !("_zod" in schema) && schema.toJSONSchema === undefined;
  if (isOld) return zod3;
  const known = vendors.get(vendor);
  if (known?.peer === undefined || schema["~standard"].jsonSchema === undefined) return known;
  // A newer version may describe itself; only effect's own validators need more than that.
  return known.ofJson === undefined ? undefined : known;
}

/** Called for each schema inside. */
function refuseUntold(shown: unknown, { typeName, coerce }: ZodDefinition): unknown {
  if (!UNTOLD.test(typeName) || coerce === true) return shown;
  throw new Error(`${typeName} takes nothing that JSON can hold`);
}

interface ZodDefinition {
  readonly typeName: string;
  readonly coerce?: boolean;
}

/** Standard JSON Schema, or what a library has in its place. */
function ownDescription(schema: Validator): unknown {
  const { jsonSchema } = schema["~standard"];
  if (jsonSchema !== undefined) return jsonSchema.input({ target: TARGET });
  if (typeof schema.toJSONSchema === "function") return schema.toJSONSchema({ io: "input" });
  // The schemas of zod/mini have no methods.
  if ("_zod" in schema) return load("zod")?.toJSONSchema?.(schema, { io: "input" });
  return undefined;
}

/** From the user's project, where validator and converter stand, else from beside us. */
function load(name: string): Exports | undefined {
  // A bundle of the older kind of modules has no address.
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
