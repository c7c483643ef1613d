import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { CoppiceError } from "../../errors.ts";
import { describe } from "../../wire/error-codec.ts";
import type { DescribesItself, StandardSchemaV1 } from "./standard-schema.ts";

type Validator = StandardSchemaV1 & DescribesItself;
/** What a package exports. */
type Exports = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** How the schemas of a library that do not describe themselves are described. */
interface Vendor {
  /** The package that can. */
  readonly peer: string;
  readonly convert: (peer: Exports, schema: Validator) => unknown;
}

const TARGET = "draft-2020-12";

/** By the name that a library gives itself in its schemas. */
const vendors = new Map<string, Vendor>([
  [
    "valibot",
    {
      peer: "@valibot/to-json-schema",
      convert: ({ toJsonSchema }, schema) =>
        toJsonSchema?.(schema, { target: TARGET, typeMode: "input", errorMode: "throw" }),
    },
  ],
  [
    // Of version 3: a later one is described by our own.
    "zod",
    {
      peer: "zod-to-json-schema",
      convert: ({ zodToJsonSchema }, schema) =>
        zodToJsonSchema?.(schema, { $refStrategy: "root", pipeStrategy: "input" }),
    },
  ],
  [
    "effect",
    {
      peer: "effect",
      convert: ({ Schema, JSONSchema }, schema) => {
        const { toStandardJSONSchemaV1 } = Schema as unknown as Exports;
        // Version 4, then version 3.
        if (toStandardJSONSchemaV1 !== undefined) {
          return ownDescription(toStandardJSONSchemaV1(schema) as Validator);
        }
        return (JSONSchema as unknown as Exports).make?.(schema);
      },
    },
  ],
]);

/**
 * The JSON Schema of what a validator takes, in whatever way its library has for that.
 *
 * **Fails with** `OPTIONS_INVALID`, saying what to install or to pass, where there is none.
 */
export function describedSchema(tool: string, schema: Validator): unknown {
  const { vendor } = schema["~standard"];
  const pass = "give its JSON Schema as `inputSchema`";
  try {
    const own = ownDescription(schema);
    if (own !== undefined) return own;
    const known = vendors.get(vendor);
    if (known === undefined) throw new Error("it does not describe itself");
    const { peer, convert } = known;
    const exports = load(peer);
    if (exports === undefined) {
      const told = `The input of tool "${tool}" is of ${vendor}, shown to models by "${peer}"`;
      throw new CoppiceError("OPTIONS_INVALID", `${told}: install it, or ${pass}.`, { tool, peer });
    }
    const described = convert(exports, schema);
    if (described === undefined) throw new Error(`"${peer}" cannot describe it`);
    return described;
  } catch (error) {
    if (error instanceof CoppiceError) throw error;
    throw new CoppiceError(
      "OPTIONS_INVALID",
      `The input of tool "${tool}" cannot be told to a model: ${describe(error)}. ` +
        `${pass.replace("give", "Give")}.`,
      { tool },
    );
  }
}

/** Standard JSON Schema, or what a library has in its place. */
function ownDescription(schema: Validator): unknown {
  const { jsonSchema } = schema["~standard"];
  if (jsonSchema !== undefined) return jsonSchema.input({ target: TARGET });
  if (typeof schema.toJSONSchema === "function") return schema.toJSONSchema({ io: "input" });
  // The schemas of zod/mini have no methods.
  if ("_zod" in schema) return z.toJSONSchema(schema as unknown as z.ZodType, { io: "input" });
  return typeof schema.toJsonSchema === "function" ? schema.toJsonSchema() : undefined;
}

/** From the user's project, where validator and converter stand, else from beside us. */
function load(name: string): Exports | undefined {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from)(name) as Exports;
    } catch (error) {
      if (!isMissing(error, name)) throw error;
    }
  }
  return undefined;
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "MODULE_NOT_FOUND" && error.message.includes(`'${name}'`);
}
