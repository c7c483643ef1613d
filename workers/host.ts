import { isMainThread } from "node:worker_threads";
import { capturePrints } from "../src/agents/captured-prints.ts";
import { createHostRuntime } from "../src/agents/host-runtime.ts";
import type { HostTask, LoadTask } from "../src/wire/control.ts";
import { serveHost } from "./serve-host.ts";
import { textPort } from "./text-port.ts";

if (isMainThread) throw new Error("workers/host.ts runs in a worker thread, not in the main one");

/** Runs the one endless task of a host's thread, before which the thread may only be loaded. */
export default function host(task: HostTask | LoadTask): Promise<never> | undefined {
  if ("isAhead" in task) return undefined;
  return serveHost({ ...task, port: textPort(task.port) }, (options) => {
    const runtime = createHostRuntime(options);
    const tell = options.post;
    capturePrints((print) => tell({ frames: [], prints: [print] }), runtime.whoRuns);
    return runtime;
  });
}
// Node can abort the process when a thread ends while its default export is wrapped for `require`.
export { host as "module.exports" };
