import { threadId } from "node:worker_threads";
import { type Endpoint, expose } from "comlink";
import { holdAtMost } from "../src/agents/garbage.ts";
import type { HostRuntime, HostRuntimeOptions } from "../src/agents/host-runtime.ts";
import { rehearse } from "../src/agents/rehearsal.ts";
import { addBeat } from "../src/agents/running-cell.ts";
import type { HostControl, HostTask } from "../src/wire/control.ts";
import type { ToHost } from "../src/wire/delivery.ts";
import { encodeError } from "../src/wire/error-codec.ts";
import type { FromHost } from "../src/wire/frame.ts";

type Post = { postMessage(message: FromHost): void };
export type CreateRuntime = (options: HostRuntimeOptions) => HostRuntime;

/** A {@link HostTask} whose ports may be other than those of a thread. */
export interface ServedTask extends Omit<HostTask, "port" | "controlPort"> {
  readonly port: Post & { on(type: "message", listener: (message: ToHost) => void): unknown };
  readonly controlPort: Endpoint;
  /** Default: adds a beat to the heart, which a process does not share. */
  readonly beat?: () => void;
}

/** Connects a runtime to its two ports and never returns: only the end of its host ends it. */
export function serveHost(task: ServedTask, create: CreateRuntime): Promise<never> {
  const heart = new Int32Array(task.heart);
  const { port, controlPort, cancelFlags, kind, beat = () => addBeat(heart) } = task;
  const runtime = create({
    heart,
    kind,
    post: (message) => port.postMessage(message),
    cancelFlags: new Int32Array(cancelFlags), // No length given: the view grows with its buffer.
    env: process.env, // The pool gave this thread nothing else.
  });
  if (task.memoryMb !== undefined) holdAtMost(task.memoryMb);
  let begin = (): void => {
    begin = () => undefined;
    // No user code has run before; from here on the supervisor checks the heart.
    beat();
    setInterval(beat, task.beatMs).unref();
    port.on("message", (message: ToHost) => runtime.receive(message));
  };
  const control: HostControl = {
    ping: (folder) => {
      if (folder !== undefined) process.chdir(folder);
      begin();
      return { threadId };
    },
    warmUp: rehearse,
    drain: () => runtime.close(),
    checkModule: (url, kind) =>
      runtime.checkModule(url, kind).then(
        () => null,
        (thrown) => encodeError(thrown, kind === "machine" ? "MACHINE_INVALID" : "OPTIONS_INVALID"),
      ),
  };
  expose(control, controlPort);
  return new Promise(() => undefined);
}
