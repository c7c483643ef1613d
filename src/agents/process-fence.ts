import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import v8 from "node:v8";

/**
 * Takes from the agent in this process what Node's `--permission` leaves open: V8's own flags, and
 * the signals and priorities of other processes.
 *
 * It shares the process with the code that it restricts, and is raised before any of that code is
 * loaded, so that the code cannot reach the originals. It is a fence, and no sandbox.
 */
export function raiseFence(): void {
  const { kill, pid } = process;
  const { setPriority } = os;
  const killOwn = (target: number, signal?: string | number): true => {
    if (target !== pid) refuse("process.kill of another process");
    return kill.call(process, target, signal);
  };
  close(v8, "setFlagsFromString", () => refuse("v8.setFlagsFromString"));
  close(process, "kill", killOwn);
  close(process, "_debugProcess", () => refuse("process._debugProcess"));
  close(process, "_debugEnd", () => refuse("process._debugEnd"));
  const raw: unknown = Reflect.get(process, "_kill");
  if (typeof raw === "function") {
    close(process, "_kill", (target: number, signal: number) => {
      if (target !== pid) refuse("process._kill of another process");
      return raw.call(process, target, signal);
    });
  }
  close(os, "setPriority", (...given: [number, number?]) => {
    const [target, priority] = given;
    const isOwn = priority === undefined || target === 0 || target === pid;
    if (!isOwn) refuse("os.setPriority of another process");
    return Reflect.apply(setPriority, os, given);
  });
  syncBuiltinESMExports();
}

function close(owner: object, name: string, instead: (...given: never[]) => unknown): void {
  const fixed = { value: instead, enumerable: true, writable: false, configurable: false };
  Object.defineProperty(owner, name, fixed);
}

/** Throws the error that Node itself throws, so that callers need not tell the two apart. */
function refuse(what: string): never {
  const message = `${what} is refused to an agent with isolation "process"`;
  throw Object.assign(new Error(message), { code: "ERR_ACCESS_DENIED" });
}
