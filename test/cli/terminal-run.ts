import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MAX_DURATION_MS = 60_000;
const FRAME_END = "\u001b[?2026l";

/** False where there is no `script` of util-linux to make a pseudo terminal. */
export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The program at a real pseudo terminal. */
export class TerminalRun {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly size: Size;
  output = "";
  readonly #waiting = new Set<() => void>();

  /** @param redirect as the shell takes it: `2>/dev/null` */
  constructor(
    args: readonly string[],
    size: Size,
    env: Record<string, string> = {},
    redirect = "",
  ) {
    this.size = size;
    const { VITEST, NODE_OPTIONS, CI, NO_COLOR, FORCE_COLOR, ...outer } = process.env;
    const node = [process.execPath, "--conditions=coppice-source", "src/cli/main.ts", ...args];
    const program = node.map((part) => `'${part}'`).join(" ");
    const command = `stty cols ${size.columns} rows ${size.rows}; exec ${program} ${redirect}`;
    this.child = spawn("script", ["-qefc", command, "/dev/null"], {
      cwd: root,
      env: { ...outer, TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
      timeout: MAX_DURATION_MS,
      killSignal: "SIGKILL",
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      for (const look of [...this.#waiting]) look();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code) => resolve(code));
    });
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Resolves once it has written this, and rejects when it ends without. */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const look = () => {
        if (!this.output.includes(text)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.ended.then(() => {
      if (!this.output.includes(text)) throw new Error(`it ended without "${text}"`);
    });
    await Promise.race([said, ended]);
  }

  /** True when the last thing said of the cursor is that it shows. */
  get showsCursor(): boolean {
    return this.output.lastIndexOf("\u001b[?25h") >= this.output.lastIndexOf("\u001b[?25l");
  }

  /** The screen after each drawing, and at the end all there is, with what has scrolled away. */
  async screens(): Promise<{ readonly frames: readonly string[][]; readonly all: string[] }> {
    const { columns: cols, rows } = this.size;
    const terminal = new xterm.Terminal({ cols, rows, scrollback: 5_000, allowProposedApi: true });
    const frames: string[][] = [];
    for (const piece of this.output.split(FRAME_END)) {
      await new Promise<void>((resolve) => terminal.write(piece + FRAME_END, resolve));
      frames.push(linesOf(terminal, terminal.buffer.active.baseY));
    }
    return { frames, all: linesOf(terminal, 0) };
  }
}

function linesOf({ buffer, rows }: xterm.Terminal, from: number): string[] {
  const { active } = buffer;
  const to = active.baseY + rows;
  const lines = Array.from({ length: to - from }, (_, at) => {
    const line = active.getLine(from + at);
    // A wrapped line would tear the region apart: it is made visible.
    return `${line?.isWrapped ? "WRAPPED " : ""}${line?.translateToString(true) ?? ""}`;
  });
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
