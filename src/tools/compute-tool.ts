import { CoppiceError } from "../errors.ts";
import type { ComputeCall, ComputeModule } from "../wire/compute.ts";
import type { JsonSchema } from "../wire/json.ts";
import { isError } from "../wire/realm.ts";
import { CallFailure } from "./call-failure.ts";
import type { CallContext, ReadContext } from "./running-call.ts";
import type { StandardSchemaV1 } from "./schema/standard-schema.ts";
import { branded, describeTool, type Tool, type ToolDescription, wrongTool } from "./tool.ts";

export interface ComputeToolDefinition<Name extends string = string>
  extends ToolDescription<JsonSchema | StandardSchemaV1, Name> {
  /**
   * The `file:` URL of a module: `new URL("./primes.ts", import.meta.url).href`. Its default export
   * is a function `(input, context) => result`, as `execute` of {@link defineTool} is.
   */
  readonly module: string;
  /**
   * Megabytes that each of its threads should need, 32 to 65_536. Garbage counts too, so a thread
   * is ended at two and a half times that. Default 512.
   */
  readonly memoryMb?: number;
}

/** The threads that a toolbox runs compute tools on. */
export interface ComputeThreads {
  /** Threads in a native call that outlived the order to end. */
  readonly stuck: number;
  /** The reason for which threads cannot be started at present. */
  readonly fault?: string | undefined;
  verify(modules: readonly ComputeModule[]): Promise<void>;
  run(call: ComputeCall): Promise<unknown>;
  stop(): Promise<void>;
}

const DEFAULT_MEMORY_MB = 512;
const MEMORY_MB = { least: 32, most: 65_536 } as const;

/**
 * Defines a tool that agents can call and that can be stopped whatever it does: a module that runs
 * in a thread of its own.
 *
 * The thread serves only this tool, one call at a time, with an empty environment, and stays warm.
 * As many calls run at once as there are cores; tools take turns for what is over.
 *
 * **Guarantees** a call that is cancelled or out of time ends at once and takes its thread with it,
 * also from an endless loop; one that takes far more than `memoryMb` is an `OUT_OF_MEMORY` result,
 * and nothing else is harmed.
 * `timeoutMs` counts from its start on a thread, so no call pays for another's.
 * **Fails with** `OPTIONS_INVALID` at once when the definition cannot work, and at
 * `Supervisor.start` when the module cannot be imported within 10 s or exports no function.
 * **Gotcha** input and result are copied. `context.signal` is never aborted: the end of a call is
 * the end of its thread, so nothing is cleaned up. What a call leaves behind (a timer, a promise
 * that rejects later) runs on and can end the thread under the next call. Node cannot end a thread
 * in a native call that blocks, nor in some loops that V8 has optimised (it takes its checks out of
 * `for (;;) new Array(1000).fill(0)`): the call ends in time and other threads take its place, but
 * that thread runs on, and its memory is not watched. What must be contained even so belongs into
 * an agent with `isolation: "process"`.
 * @example
 * const primes = defineComputeTool({
 *   name: "primes",
 *   description: "Counts the primes below a number.",
 *   input: { type: "object", properties: { below: { type: "number" } }, required: ["below"] },
 *   module: new URL("./primes.ts", import.meta.url).href,
 *   timeoutMs: 2_000,
 * });
 */
export function defineComputeTool<const Name extends string>(
  tool: ComputeToolDefinition<Name>,
): Tool<Name> {
  const described = describeTool(tool, ["module", "memoryMb"]);
  const { name } = described;
  const { module: url, memoryMb = DEFAULT_MEMORY_MB } = tool;
  if (typeof url !== "string" || !url.startsWith("file:") || !URL.canParse(url)) {
    throw wrongTool(name, `has module ${JSON.stringify(url)}, which is no "file:" URL`);
  }
  const { least, most } = MEMORY_MB;
  if (!Number.isInteger(memoryMb) || memoryMb < least || memoryMb > most) {
    throw wrongTool(
      name,
      `has memoryMb ${String(memoryMb)}, no whole number of ${least} to ${most}`,
    );
  }
  const execute = (): never => {
    throw wrongTool(name, "is a compute tool: it runs on the threads of a supervisor");
  };
  return branded({
    ...described,
    name: tool.name,
    execute,
    compute: Object.freeze({ url, memoryMb }),
  });
}

/** Codes of the runtime's own that a call may end with; all else is the tool's failure. */
const OWN_CODES = ["OUT_OF_MEMORY", "QUEUE_FULL"] as const;

/** Runs a module on the threads for a call. */
export async function runAside(
  threads: ComputeThreads,
  module: ComputeModule,
  input: unknown,
  { callId, path, labels, attempt, signal, queue, progress = () => undefined }: AsideContext,
): Promise<unknown> {
  const context = { callId, path, labels, attempt };
  const onBegin = queue();
  const call = { module, input, context, signal, onBegin, onProgress: progress };
  return await threads.run(call).catch((error: unknown) => {
    const code = error instanceof CoppiceError ? error.code : undefined;
    const own = OWN_CODES.find((known) => known === code);
    if (own === undefined || !isError(error)) throw error;
    throw new CallFailure(own, error.message);
  });
}

type AsideContext = ReadContext & Partial<Pick<CallContext, "progress">>;
