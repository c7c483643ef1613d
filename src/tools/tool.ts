import { CoppiceError } from "../errors.ts";
import { MAX_DELAY_MS } from "../wire/clock.ts";
import type { ComputeModule } from "../wire/compute.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { JsonSchema } from "../wire/json.ts";
import { RESERVED_NAMES } from "./names.ts";
import type { InputReader } from "./schema/input-reader.ts";
import { readInputSchema } from "./schema/input-schema.ts";
import type { AnyInput, HeldTo, PlainSchema, SchemaInput } from "./schema/schema-input.ts";
import type { StandardSchemaV1 } from "./schema/standard-schema.ts";

/** The call that a tool serves. */
export interface ToolContext {
  /** Aborted when the call is cancelled or has timed out; its result is ignored after that. */
  readonly signal: AbortSignal;
  /** The same when the call is run again after a crash: a key for doing a thing only once. */
  readonly callId: string;
  /** The path of the calling agent. */
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 1 for the first run of this `callId`. */
  readonly attempt: number;
  /**
   * Reports progress as `tool.progress`, at most ten times a second.
   * @param fraction 0 to 1, clamped; a value that is not a number is not reported
   */
  progress(fraction: number, message?: string): void;
}

/** A tool as {@link defineTool} or `defineComputeTool` returns it. */
export interface Tool<Name extends string = string> extends DescribedTool {
  readonly name: Name;
  /** Runs it on this thread, which a compute tool refuses. */
  readonly execute: (input: unknown, context: ToolContext) => unknown;
  /** The module that the threads of a compute tool run. */
  readonly compute?: ComputeModule;
}

/** The fields of every tool, wherever it runs. */
export interface DescribedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly timeoutMs: number;
  readonly idempotent: boolean;
  readonly read: InputReader;
}

/** The fields of every tool's definition. */
export interface ToolDescription<Schema, Name extends string = string> {
  /** Letters, digits, `_`, `.` and `-`, at most 64. */
  readonly name: Name;
  /** The text by which the model chooses this tool. */
  readonly description: string;
  /**
   * Plain JSON Schema of draft 4, 6, 7, 2019-09 or 2020-12, or a validator that implements
   * Standard Schema: zod, arktype and effect as they are, valibot with `@valibot/to-json-schema`
   * and zod 3 with `zod-to-json-schema` installed.
   */
  readonly input: Schema;
  /** The schema that the model is shown instead; needed for a validator that has none. */
  readonly inputSchema?: JsonSchema;
  /**
   * Milliseconds for one call. A validator that answers with a promise, and a check that is made
   * on another thread, has as many for itself before. Default 60_000.
   */
  readonly timeoutMs?: number;
  /** May be run again after a crash, under the same `callId`. Default false. */
  readonly idempotent?: boolean;
}

export interface ToolDefinition<Schema, Input, Output, Name extends string = string>
  extends ToolDescription<Schema, Name> {
  readonly execute: (input: Input, context: ToolContext) => Output | Promise<Output>;
}

/** An annotated `execute`, which may be held to the type that its schema gives. */
type Held<Input, Output> = [Input] extends [never]
  ? unknown
  : Pick<ToolDefinition<unknown, Input, Output>, "execute">;

const brand = Symbol.for("coppice.tool");
const keys = new Set("name description input inputSchema timeoutMs idempotent".split(" "));

/**
 * Defines a tool that agents can call: a function, with a schema for its input.
 *
 * **Guarantees** `execute` sees only input that fits the schema, and a copy of it, with the
 * schema's `default`s. Where an input does not fit, a text that is JSON of exactly the type that is
 * wanted is read, and null for a property that may be missing is left out: `tool.requested` tells
 * where. All this comes before rights on arguments are asked, and what does not fit even so costs
 * nothing. The call is settled when its time is over or it is cancelled, whatever `execute` does.
 * No `pattern` or `uniqueItems` of a JSON Schema, nor a large input, holds the supervisor: what
 * could take long is checked on a thread of compute tools.
 * **Fails with** `OPTIONS_INVALID` at once when the definition cannot work, and when its input
 * cannot be shown to a model, saying what to install or to pass.
 * **Gotcha** a validator's own regular expressions and refinements run on the supervisor's thread:
 * nobody can see them from outside. `default`s within `anyOf` and `oneOf` are not filled in, a
 * `format` is not checked, and a grant on arguments sees what a validator makes of them.
 * **Gotcha** it runs on the thread of the supervisor: a loop that does not await stops everything.
 * A promise of its own that rejects and that nobody waits for ends the process, as it does
 * everywhere in Node, and so does a listener on `signal` that throws. Work that may do any of this
 * belongs into a compute tool.
 * @example
 * const add = defineTool({
 *   name: "add",
 *   description: "Adds two numbers.",
 *   input: {
 *     type: "object",
 *     properties: { a: { type: "number" }, b: { type: "number" } },
 *     required: ["a", "b"],
 *   },
 *   execute: ({ a, b }) => a + b,
 * });
 */
export function defineTool<
  const Schema extends JsonSchema | StandardSchemaV1,
  Output,
  const Name extends string = string,
>(tool: ToolDefinition<Schema, SchemaInput<Schema>, Output, Name>): Tool<Name>;
export function defineTool<
  Input = AnyInput,
  Output = unknown,
  const Schema extends object = AnyInput | StandardSchemaV1<unknown, Input>,
  const Name extends string = string,
>(
  tool: ToolDefinition<Schema & PlainSchema<Schema>, Input, Output, Name> &
    Held<HeldTo<Schema, Input>, Output>,
): Tool<Name>;
export function defineTool(tool: ToolDefinition<unknown, never, unknown>): Tool {
  const described = describeTool(tool, ["execute"]);
  const execute = tool.execute as Tool["execute"];
  if (typeof execute !== "function") throw wrongTool(tool.name, "has no function `execute`");
  return branded({ ...described, execute });
}

/**
 * Reads what every definition of a tool says; `more` are the options that are its own.
 *
 * **Fails with** `OPTIONS_INVALID`, naming the first that is wrong.
 */
export function describeTool(
  tool: ToolDescription<unknown>,
  more: readonly string[],
): DescribedTool {
  const name = validName(tool);
  const unknown = Object.keys(tool).find((key) => !keys.has(key) && !more.includes(key));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, [...keys, ...more]);
    throw wrongTool(name, `has an unknown option "${unknown}"${meant}`);
  }
  const { description, timeoutMs = 60_000, idempotent = false } = tool;
  if (typeof description !== "string") throw wrongTool(name, "has no description");
  if (typeof idempotent !== "boolean") {
    throw wrongTool(name, "has an `idempotent` that is no boolean");
  }
  if (!isDelay(timeoutMs)) {
    const allowed = `not 1 to ${MAX_DELAY_MS} milliseconds`;
    throw wrongTool(name, `has timeoutMs ${String(timeoutMs)}, ${allowed}`);
  }
  const { described, read } = readInputSchema(name, tool.input, tool.inputSchema);
  return { name, description, inputSchema: described, timeoutMs, idempotent, read };
}

/** Marks a finished definition as one of ours, so that nobody hands in a bare object. */
export function branded<Name extends string>(tool: Tool<Name>): Tool<Name> {
  return Object.freeze(Object.defineProperty({ ...tool }, brand, { value: true }));
}

export function wrongTool(tool: string, what: string): CoppiceError {
  return new CoppiceError("OPTIONS_INVALID", `Tool "${tool}" ${what}`, { tool });
}

/** True for what {@link defineTool} and `defineComputeTool` return, in any copy of the package. */
export function isTool(value: unknown): value is Tool {
  return typeof value === "object" && value !== null && brand in value;
}

/** True for a number of milliseconds that a timer can wait. */
export function isDelay(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= MAX_DELAY_MS;
}

function validName(tool: unknown): string {
  const name = typeof tool === "object" && tool !== null ? Reflect.get(tool, "name") : undefined;
  if (typeof name !== "string" || !/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    throw new CoppiceError(
      "OPTIONS_INVALID",
      `A tool's name is 1 to 64 letters, digits, "_", "." and "-", not ${JSON.stringify(name)}.`,
    );
  }
  if (RESERVED_NAMES.includes(name)) {
    throw new CoppiceError("OPTIONS_INVALID", `The tool name "${name}" belongs to the agent loop.`);
  }
  return name;
}
