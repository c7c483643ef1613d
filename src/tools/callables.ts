import type { ComputeModule } from "../wire/compute.ts";
import { ownModule } from "../wire/own-module.ts";
import { type ComputeThreads, runAside } from "./compute-tool.ts";
import type { Callable, ReadContext } from "./running-call.ts";
import type { Aside, ReadInput } from "./schema/input-reader.ts";
import type { Tool } from "./tool.ts";

const READER: ComputeModule = {
  url: ownModule("./schema/read-aside", import.meta.url).href,
  memoryMb: 256,
};

/** Reads the input of a call on a thread of compute tools. */
export function asideOn(threads: ComputeThreads): (context: ReadContext) => Aside {
  return (context) => async (task) => {
    const read = (await runAside(threads, READER, task, context)) as ReadInput;
    return read.valid ? { ...read, view: read.value as typeof read.view } : read;
  };
}

/** Creates the callable with which a toolbox calls one of the embedder's own tools. */
export function callableOf(tool: Tool, threads: ComputeThreads): Callable {
  const { timeoutMs, compute: module } = tool;
  const aside = asideOn(threads);
  return {
    timeoutMs,
    read: (input, context) => tool.read(input, aside(context)),
    execute:
      module === undefined
        ? (input, context) => tool.execute(input, context)
        : (input, context) => runAside(threads, module, input, context),
  };
}
