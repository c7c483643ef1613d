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
  /** What the program may use at most; where the system's own bound is tighter, that one holds. */
  readonly bounds?: {
    /** Of processor time: at the end SIGXCPU, and SIGKILL a second later. */
    readonly cpuSeconds?: number | undefined;
    /** Open at a time. */
    readonly openFiles?: number | undefined;
  };
}

/** Windows has no process groups and no /bin/sh. */
const hasGroups = process.platform !== "win32";
/** Where programs are looked for when the environment names no place. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Starts a program that cannot outlive this process.
 *
 * It is the head of a process group of its own. Outside that group stands its leash, a shell that
 * reads from a pipe which only this process holds open, and when the pipe ends, it kills the group.
 * The kernel ends the pipe by whatever death this process (or the thread that called) dies, so no
 * word, time-out or goodwill is needed: a program that ignores the end of its input dies too, and
 * so does what it started itself. What it sends to its own group does not reach the leash; and
 * should the leash die, the program dies with it. Exit code, signals and process id are the
 * program's own.
 *
 * **Guarantees** once it has exited, what is left of its group is killed.
 * **Fails with** an `Error` of code `ENOENT` or `EACCES`, thrown, when there is no such program or
 * folder, `ENOTSUP` for bounds on Windows, and `EINVAL` for a name in `env` that a shell would
 * drop. What the system refuses later comes as the child's `error` event.
 * **Gotcha** what leaves the group by itself (a daemon) is not followed. On Windows there is no
 * group: the program itself ends with this process, because libuv puts it into a job object that
 * does, and what it started does not.
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
  // There are no streams where the system had no descriptor left.
  const gate = child.stdio?.[stdio.length] as Socket | undefined;
  if (child.pid !== undefined) hold(child, child.pid, gate);
  return child;
}

/** Lets the program begin once there is somebody who will end it. */
function hold(child: ChildProcess, group: number, gate: Socket | undefined): void {
  const keeper = spawn("/bin/sh", ["-c", leash, "leash", String(group)], {
    env: {},
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const end = keeper.stdin as Socket | null;
  // It holds the group, not this process.
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
    // By force, since at the end of the pipe it would kill a group that is nobody's any more.
    keeper.kill("SIGKILL");
    end?.destroy();
    gate?.destroy();
  });
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

/** Whoever ends this process, or all of a terminal's, does not mean the leash. */
const leash = [
  "trap '' HUP INT QUIT TERM USR1 USR2 PIPE ALRM TSTP TTIN TTOU",
  "cd /",
  "while read -r word; do :; done",
  'kill -9 "-$1"',
].join("\n");

/**
 * What the shell does before it becomes the program: it waits until the leash stands. When this
 * process has died before that, the pipe ends without a word and so does the shell.
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

/** A bound above the system's own cannot be set, and need not be. */
function limitsOf({ cpuSeconds, openFiles }: NonNullable<LeashedOptions["bounds"]>): string[] {
  const files = openFiles === undefined ? [] : [`ulimit -n ${openFiles} 2>/dev/null`];
  if (cpuSeconds === undefined) return files;
  const [soft, hard] = [`ulimit -S -t ${cpuSeconds}`, `ulimit -H -t ${cpuSeconds + 1}`];
  return [...files, `${soft} 2>/dev/null`, `${hard} 2>/dev/null`];
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
  return Error.isError(error) && "code" in error && error.code === code;
}
