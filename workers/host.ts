import { isMainThread } from "node:worker_threads";
import { capturePrints } from "../src/agents/captured-prints.ts";
import { createHostRuntime } from "../src/agents/host-runtime.ts";
import type { HostTask } from "../src/wire/control.ts";
import { serveHost } from "./serve-host.ts";
import { textPort } from "./text-port.ts";

if (isMainThread) throw new Error("workers/host.ts runs in a worker thread, not in the main one");

/** Runs the task of a host's thread. It is endless, unless the thread is started ahead. */
export default function host(task: HostTask): Promise<never> | undefined {
  const served = serveHost({ ...task, port: textPort(task.port) }, (options) => {
    const runtime = createHostRuntime(options);
    const tell = options.post;
    capturePrints((print) => tell({ frames: [], prints: [print] }), runtime.whoRuns);
    return runtime;
  });
  return task.isAhead === true ? undefined : served;
}
// Node can abort the process when a thread ends while its default export is wrapped for `require`.
export { host as "module.exports" };
