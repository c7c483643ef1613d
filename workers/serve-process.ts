import { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";
import { openProcessPorts } from "../src/agents/process-ports.ts";
import { HEART, type HostKind } from "../src/wire/control.ts";
import { type CreateRuntime, serveHost } from "./serve-host.ts";

/** Descriptor of the pipe. */
const PIPE = 3;

/** Serves a runtime to the supervisor at the other end of the pipe, and ends with that end. */
export function serveProcess(create: CreateRuntime): Promise<never> {
  const [kind, beatMs] = process.argv.slice(2);
  if (!isMainThread || beatMs === undefined) {
    throw new Error("the program of a process host is started by nobody but a process host");
  }
  // Without a supervisor there is no work.
  const leave = (): never => process.exit();
  const stream = new Socket({ fd: PIPE, readable: true, writable: true });
  stream.once("close", leave);
  const { beat, onTaken, ...ports } = openProcessPorts(stream, leave);
  const heart = new SharedArrayBuffer(HEART.words * Int32Array.BYTES_PER_ELEMENT);
  const task = { ...ports, heart, beat, beatMs: Number(beatMs), kind: kind as HostKind };
  return serveHost(task, (options) => create({ ...options, onTaken }));
}
