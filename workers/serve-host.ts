import { isMainThread, threadId } from "node:worker_threads";
import { expose } from "comlink";
import type { HostControl, HostTask, ModuleKind } from "../src/wire/control.ts";
import type { ToHost } from "../src/wire/delivery.ts";
import { encodeError } from "../src/wire/error-codec.ts";
import type { FromHost } from "../src/wire/frame.ts";

if (isMainThread) throw new Error("workers/serve-host.ts runs in a worker thread only");

/** What a host runs its agents with. */
export interface ServedRuntime {
  receive(message: ToHost): void;
  stats(): { agents: number };
  checkModule(url: string, kind: ModuleKind): Promise<void>;
  close(): void;
}

export type CreateRuntime = (options: {
  readonly post: (message: FromHost) => void;
  readonly words: Int32Array;
  readonly env: { readonly ANTHROPIC_API_KEY?: string; readonly ANTHROPIC_BASE_URL?: string };
}) => ServedRuntime;

/** Connects a runtime to its two ports and never returns: only its thread's end ends it. */
export function serveHost(task: HostTask, create: CreateRuntime): Promise<never> {
  const { port, controlPort, words } = task;
  const runtime = create({
    post: (message) => port.postMessage(message),
    // No length given: the view grows with its buffer.
    words: new Int32Array(words),
    // The pool gave this thread nothing else.
    env: process.env,
  });
  const control: HostControl = {
    ping: () => ({ threadId }),
    stats: () => runtime.stats(),
    drain: () => runtime.close(),
    checkModule: (url, kind) =>
      runtime.checkModule(url, kind).then(
        () => null,
        (thrown) => encodeError(thrown, kind === "machine" ? "MACHINE_INVALID" : "OPTIONS_INVALID"),
      ),
  };
  port.on("message", (message: ToHost) => runtime.receive(message));
  expose(control, controlPort);
  return new Promise(() => undefined);
}
