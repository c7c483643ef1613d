import type { ChildProcess } from "node:child_process";
import { signalGroup, spawnLeashed } from "../../processes/leashed-process.ts";
import { clipStart } from "../../wire/clip.ts";
import { describe } from "../../wire/error-codec.ts";
import { inSlices } from "../slices.ts";

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  /** Takes the next chunk of its standard output, in steps; the chunk after it waits. */
  readonly onOutput: (chunk: Buffer) => Iterator<unknown, void, undefined>;
  /** Returns a text of its standard error without secrets. */
  readonly conceal: (text: string) => string;
  /** Called once with the cause, when it has ended or could not be started. */
  readonly onEnd: (how: string) => void;
}

/** Bytes that may wait for a server that does not read. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
/** Characters of its standard error that are kept to explain its end. */
const MAX_TAIL_CHARACTERS = 2_000;
/**
 * Milliseconds from the end of its input to SIGTERM, from there to SIGKILL, and from there to
 * giving up.
 */
const PATIENCE_MS = [1_000, 500, 500] as const;
/** Milliseconds that its last output may take to arrive after its exit. */
const LAST_WORDS_MS = 100;

/**
 * A child process with a protocol on its standard input and output.
 *
 * **Guarantees** `close` resolves within about two seconds, and then neither the process nor its
 * process group is left. Neither is left when this process has died. Its end is noticed at its
 * exit, even when a child of its own still has its output open.
 * **Fails with** an error that says that it could not be started, and why.
 * **Gotcha** a process that leaves the group (a daemon) is not followed, and on Windows only the
 * process itself is ended.
 */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #options: ServerProcessOptions;
  readonly #ended = Promise.withResolvers<void>();
  #how: string | undefined;
  #tail = "";
  #closing: Promise<void> | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#child = launch(options);
    this.#listen();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Sends one line, or throws when the server has ended or does not read: no request may be lost
   * silently.
   */
  send(line: string): void {
    const { stdin } = this.#child;
    if (this.#how !== undefined) throw new Error(this.#how);
    if (!stdin?.writable) throw new Error("its standard input is closed");
    if (stdin.writableLength > MAX_UNREAD_BYTES) {
      throw new Error(`it has left ${stdin.writableLength} bytes unread`);
    }
    stdin.write(`${line}\n`);
  }

  /** Kills the process; `why` is part of the cause of its end. */
  terminate(why: string): void {
    this.#keep(why);
    signalGroup(this.#child, "SIGKILL");
  }

  /** Ends its input, then sends SIGTERM, then SIGKILL; SIGKILL at once when `hurry` is aborted. */
  close(hurry?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close();
    const kill = (): void => signalGroup(this.#child, "SIGKILL");
    if (hurry?.aborted) kill();
    else hurry?.addEventListener("abort", kill, { once: true });
    return this.#closing.finally(() => hurry?.removeEventListener("abort", kill));
  }

  async #close(): Promise<void> {
    const [untilTerm, untilKill, untilGone] = PATIENCE_MS;
    this.#child.stdin?.end();
    if (await this.#endsWithin(untilTerm)) return;
    signalGroup(this.#child, "SIGTERM");
    if (await this.#endsWithin(untilKill)) return;
    signalGroup(this.#child, "SIGKILL");
    if (await this.#endsWithin(untilGone)) return;
    this.#end("did not end after SIGKILL");
  }

  async #endsWithin(delayMs: number): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), delayMs);
    const ended = await Promise.race([this.#ended.promise.then(() => true), late.promise]);
    clearTimeout(timer);
    return ended;
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    const reading = this.#read();
    this.#child.on("error", (error) => this.#end(`could not be started: ${error.message}`));
    this.#child.once("exit", (code, signal) => {
      const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      const timer = setTimeout(() => this.#end(how), LAST_WORDS_MS);
      this.#child.once("close", () => {
        // Its last output is read first.
        void reading.then(() => {
          clearTimeout(timer);
          this.#end(how);
        });
      });
    });
    // A broken pipe is mostly a death that `exit` reports with its cause. A server that lives on
    // without reading or writing is of no use.
    stdin?.on("error", () => void this.close());
    stdout?.on("end", () => void this.close());
    stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
  }

  /** Reads its output; never rejects, because the end of the process reports a broken output. */
  async #read(): Promise<void> {
    try {
      for await (const chunk of this.#child.stdout ?? []) {
        await inSlices(this.#options.onOutput(chunk as Buffer));
      }
    } catch (error) {
      this.#keep(describe(error));
    }
  }

  #keep(text: string): void {
    this.#tail = clipStart(this.#options.conceal(this.#tail + text), MAX_TAIL_CHARACTERS);
  }

  #end(how: string): void {
    if (this.#how !== undefined) return;
    const said = this.#tail.trim();
    this.#how = said === "" ? how : `${how}, saying: ${said}`;
    // A grandchild that left the group may keep the pipes open; they must not keep this process
    // alive.
    this.#child.unref();
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#ended.resolve();
    this.#options.onEnd(this.#how);
  }
}

function launch({ command, args, env, cwd }: ServerProcessOptions): ChildProcess {
  try {
    return spawnLeashed(command, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`could not be started: ${describe(error)}`, { cause: error });
  }
}
