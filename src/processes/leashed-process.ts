import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter, resolve } from "node:path";

export interface LeashedOptions {
  /** The complete environment; its names are letters, digits and `_`, as a shell passes them on. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: the folder of this process. */
  readonly cwd?: string | undefined;
  /** Kinds of the descriptors 0, 1, 2 and up; three to nine of them. */
  readonly stdio: readonly ("pipe" | "ignore" | "inherit" | "ipc")[];
  /** Form of the messages over `ipc`. Default `json`. */
  readonly serialization?: "json" | "advanced";
  /** Limits of the program; where the system's own limit is tighter, that one applies. */
  readonly bounds?: {
    /** Seconds of processor time: at the end SIGXCPU, and SIGKILL a second later. */
    readonly cpuSeconds?: number | undefined;
    /** Descriptors that are open at a time. */
    readonly openFiles?: number | undefined;
  };
}

/** False on Windows, which has no process groups and no /bin/sh. */
const hasGroups = process.platform !== "win32";
/** Folders in which programs are looked up when the environment has no `PATH`. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Starts a program that cannot outlive this process.
 *
 * The program leads a process group of its own. Its leash is a shell outside that group, which
 * reads from a pipe that only this process has open. When the pipe ends, the leash kills the group.
 * The kernel ends the pipe however this process or the calling thread dies, so no message, time-out
 * or cooperation is needed: a program that ignores the end of its input dies too, and so does
 * everything that it started. A signal that the program sends to its own group does not reach the
 * leash. If the leash dies, the program dies with it. Exit code, signals and process id are the
 * program's own.
 *
 * **Guarantees** Once the program has exited, the rest of its group is killed.
 * **Fails with** an `Error` of code `ENOENT` or `EACCES`, thrown, when there is no such program or
 * folder, `ENOTSUP` for bounds on Windows, and `EINVAL` for a name in `env` that a shell would
 * drop. A later refusal by the system is the child's `error` event.
 * **Gotcha** A process that leaves the group by itself (a daemon) is not followed. Windows has no
 * group: the program itself ends with this process, because libuv puts it into a job object that
 * ends it, and the processes that it started do not.
 */
export function spawnLeashed(
  command: string,
  args: readonly string[],
  options: LeashedOptions,
): ChildProcess {
  const { env, cwd, stdio, serialization = "json", bounds = {} } = options;
  const common = { env: { ...env }, cwd, serialization, windowsHide: true };
  const limits = limitsOf(bounds);
  if (!hasGroups && limits.length > 0) throw failure("ENOTSUP", command, "Windows has no bounds");
  if (!hasGroups) return spawn(command, [...args], { ...common, stdio: [...stdio] });
  const odd = Object.keys(env).find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (odd !== undefined) throw failure("EINVAL", command, `its variable "${odd}" would be lost`);
  const program = find(command, env.PATH ?? DEFAULT_PATH, cwd ?? process.cwd());
  const script = [...limits, ...entrance(stdio.length, env)].join("\n");
  const child = spawn("/bin/sh", ["-c", script, command, program, ...args], {
    ...common,
    stdio: [...stdio, "pipe"],
    detached: true,
  });
  // There are no streams when the system had no descriptor left.
  const gate = child.stdio?.[stdio.length] as Socket | undefined;
  if (child.pid !== undefined) startLeash(child, child.pid, gate);
  return child;
}

/** Starts the leash, then lets the program begin. */
function startLeash(child: ChildProcess, group: number, gate: Socket | undefined): void {
  const keeper = spawn("/bin/sh", ["-c", leash, "leash", String(group)], {
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const end = keeper.stdin as Socket | null;
  // The leash must not keep this process alive.
  keeper.unref();
  end?.unref();
  end?.on("error", () => undefined);
  const endGroup = (): void => signalGroup(child, "SIGKILL");
  keeper.once("error", endGroup);
  keeper.once("exit", endGroup);
  gate?.on("error", () => undefined);
  if (keeper.pid !== undefined) gate?.end("\n");
  child.once("exit", () => {
    signalAll(child, "SIGKILL");
    // By force: at the end of the pipe it would kill a group that is the program's no longer.
    keeper.kill("SIGKILL");
    end?.destroy();
    gate?.destroy();
  });
}

/** Signals the program and everything in its group; does nothing once the program has exited. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) signalAll(child, signal);
}

function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (hasGroups) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch (error) {
    // The group is empty, or has only zombies left, which macOS reports as EPERM.
    if (!isCode(error, "ESRCH") && !isCode(error, "EPERM")) throw error;
  }
}

/**
 * Script of the leash. It ignores the signals that are meant for this process or a whole terminal.
 */
const leash = [
  "trap '' HUP INT QUIT TERM USR1 USR2 PIPE ALRM TSTP TTIN TTOU",
  "cd /",
  "while read -r word; do :; done",
  'kill -9 "-$1"',
].join("\n");

/**
 * Returns the script that the shell runs before it becomes the program: it waits until the leash
 * exists. If this process dies before that, the pipe ends without a line and the shell exits.
 */
function entrance(gate: number, env: LeashedOptions["env"]): string[] {
  // Shells add these to the environment.
  const added = ["PWD", "OLDPWD", "SHLVL"].filter((name) => env[name] === undefined);
  return [
    `read -r word <&${gate} || exit 1`,
    ...(added.length === 0 ? [] : [`unset ${added.join(" ")}`]),
    `exec "$@" ${gate}>&-`,
  ];
}

/**
 * Returns the commands that set limits. A limit above the system's own cannot be set, and need not
 * be.
 */
function limitsOf({ cpuSeconds, openFiles }: NonNullable<LeashedOptions["bounds"]>): string[] {
  const files = openFiles === undefined ? [] : [`ulimit -n ${openFiles} 2>/dev/null`];
  if (cpuSeconds === undefined) return files;
  const [soft, hard] = [`ulimit -S -t ${cpuSeconds}`, `ulimit -H -t ${cpuSeconds + 1}`];
  return [...files, `${soft} 2>/dev/null`, `${hard} 2>/dev/null`];
}

/** Finds the program as `execvp` does; a shell that did not find it would only exit with 127. */
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
  return Error.isError(error) && "code" in error && error.code === code;
}
