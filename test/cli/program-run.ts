import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MAX_DURATION_MS = 60_000;

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is started. */
export interface RunSettings {
  readonly stdin?: string;
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that it is started in; default: the repository. */
  readonly cwd?: string;
  /** As this user and group, where the tests may do that. */
  readonly uid?: number;
  readonly gid?: number;
  /** The file that its standard output is, in place of a pipe. */
  readonly stdout?: number;
}

/** The program as a child process, while it runs. */
export class ProgramRun {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  #stdout = "";
  #stderr = "";
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], options: RunSettings = {}) {
    const { nodeArgs = [], stdin, stdout = "pipe", ...more } = options;
    const { VITEST, NODE_OPTIONS, ...env } = process.env;
    const all = [
      "--conditions=coppice-source",
      ...nodeArgs,
      join(root, "src/cli/main.ts"),
      ...args,
    ];
    this.child = spawn(process.execPath, all, {
      cwd: root,
      ...more,
      stdio: ["pipe", stdout, "pipe"],
      env: { ...env, NO_COLOR: "1", ...more.env },
      timeout: MAX_DURATION_MS,
      killSignal: "SIGKILL",
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#look();
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    this.child.stdin?.end(stdin);
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => {
        this.#look();
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Resolves once it has written this, and rejects when it ends without. */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = () => {
        if (!this.#stdout.includes(text) && !this.#stderr.includes(text)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.ended.then((ran) => {
      if ((ran.stdout + ran.stderr).includes(text)) return;
      throw new Error(`it ended without "${text}": ${JSON.stringify(ran)}`);
    });
    await Promise.race([said, ended]);
  }

  /** Sends a signal once more, as late as it takes to be counted as another one. */
  async killAgain(signal: NodeJS.Signals): Promise<void> {
    await new Promise((later) => setTimeout(later, 350));
    this.child.kill(signal);
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** Runs the program to its end. */
export function program(args: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  return new ProgramRun(args, settings).ended;
}
