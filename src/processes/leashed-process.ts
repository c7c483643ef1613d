import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter, resolve } from "node:path";

export interface LeashedOptions {
  /** The whole environment; its names are letters, digits and `_`, as a shell passes them on. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: that of this process. */
  readonly cwd?: string | undefined;
  /** What is at its descriptors 0, 1, 2 and up; three to nine of them. */
  readonly stdio: readonly ("pipe" | "ignore" | "inherit" | "ipc")[];
  /** Of the messages over `ipc`. Default `json`. */
  readonly serialization?: "json" | "advanced";
}

/** Windows has no process groups and no /bin/sh. */
const hasGroups = process.platform !== "win32";
/** Where programs are looked for when the environment names no place. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Starts a program that cannot outlive this process.
 *
 * It is the head of a process group of its own. Another member of the group reads from a pipe that
 * only this process holds open, and when the pipe ends, it kills the group. The kernel ends the
 * pipe by whatever death this process (or the thread that called) dies, so no word, time-out or
 * goodwill is needed: a program that ignores the end of its input dies too, and so does what it
 * started itself. Exit code, signals and process id are the program's own.
 *
 * **Guarantees** once it has exited, what is left of its group is killed.
 * **Fails with** an `Error` of code `ENOENT` or `EACCES`, thrown, when there is no such program or
 * folder, and `EINVAL` for a name in `env` that a shell would drop. What the system refuses later
 * comes as the child's `error` event.
 * **Gotcha** what leaves the group by itself (a daemon) is not followed. On Windows there is no
 * group: the program itself ends with this process, because libuv puts it into a job object that
 * does, and what it started does not.
 */
export function spawnLeashed(
  command: string,
  args: readonly string[],
  options: LeashedOptions,
): ChildProcess {
  const { env, cwd, stdio, serialization = "json" } = options;
  const common = { env: { ...env }, cwd, serialization, windowsHide: true };
  if (!hasGroups) return spawn(command, [...args], { ...common, stdio: [...stdio] });
  const odd = Object.keys(env).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (odd !== undefined) throw failure("EINVAL", command, `its variable "${odd}" would be lost`);
  const program = find(command, env.PATH ?? DEFAULT_PATH, cwd ?? process.cwd());
  const script = leash(stdio.length, env);
  const child = spawn("/bin/sh", ["-c", script, command, program, ...args], {
    ...common,
    stdio: [...stdio, "pipe"],
    detached: true,
  });
  // There are no streams where the system had no descriptor left.
  const end = child.stdio?.[stdio.length] as Socket | undefined;
  // It holds the group, not this process.
  end?.unref();
  child.once("exit", () => {
    // The one who reads the leash is in the group too, so its number cannot be another's yet.
    signalAll(child, "SIGKILL");
    end?.destroy();
  });
  return child;
}

/** Signals the program and everything in its group; once it has exited there is nobody left. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) signalAll(child, signal);
}

function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (hasGroups) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch (error) {
    // Nobody is left in the group, or only the dead, which macOS calls EPERM.
    if (!isCode(error, "ESRCH") && !isCode(error, "EPERM")) throw error;
  }
}

/**
 * What the shell does before it becomes the program. The reader is started by a subshell that ends
 * at once, so that the program finds no child that it did not start; it is deaf to what is sent to
 * the group, and holds nothing of the program's open.
 */
function leash(end: number, env: LeashedOptions["env"]): string {
  const others = Array.from({ length: end - 3 }, (_, at) => `${at + 3}>&-`).join(" ");
  // Shells add these to the environment.
  const added = ["PWD", "OLDPWD", "SHLVL"].filter((name) => env[name] === undefined);
  return [
    "(trap '' HUP INT QUIT TERM USR1 USR2 PIPE ALRM TSTP TTIN TTOU; cd /",
    `{ read -r word <&${end}; kill -9 -$$; } </dev/null >/dev/null 2>&1 ${others} &)`,
    ...(added.length === 0 ? [] : [`unset ${added.join(" ")}`]),
    `exec "$@" ${end}>&-`,
  ].join("\n");
}

/** Finds the program as `execvp` does: a shell that did not find it would only exit with 127. */
function find(command: string, path: string, cwd: string): string {
  if (!isFolder(cwd)) throw failure("ENOENT", command, `there is no folder "${cwd}" to start in`);
  const places = command.includes("/") ? [""] : path.split(delimiter);
  let code: "ENOENT" | "EACCES" = "ENOENT";
  for (const place of places) {
    const file = resolve(cwd, place, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch (error) {
      if (isCode(error, "EACCES")) code = "EACCES";
    }
  }
  const what = code === "ENOENT" ? "there is no such program" : "it may not be executed";
  throw failure(code, command, what);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function failure(code: string, command: string, what: string): Error {
  const error = new Error(`spawn ${command} ${code}: ${what}`);
  return Object.assign(error, { code, syscall: `spawn ${command}`, path: command });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
