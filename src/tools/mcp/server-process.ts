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
  /** Takes the next chunk of its standard output in steps; the one after it waits. */
  readonly onOutput: (chunk: Buffer) => Iterator<unknown, void, undefined>;
  /** A text of its standard error without what was given in confidence. */
  readonly conceal: (text: string) => string;
  /** Called once, when it has ended or the system could not start it; says how. */
  readonly onEnd: (how: string) => void;
}

/** What may wait for a server that does not read. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
/** How much of its standard error is kept to say why it ended. */
const MAX_TAIL_CHARACTERS = 2_000;
/** From the end of its input to SIGTERM, from there to SIGKILL, and from there to giving up. */
const PATIENCE_MS = [1_000, 500, 500] as const;
/** How long after its exit its last words may take to arrive. */
const LAST_WORDS_MS = 100;

/**
 * A child process that is spoken to over its standard input and output.
 *
 * **Guarantees** `close` resolves within about two seconds, and then neither the process nor
 * anything in its process group is left; nor is it when this process has died. Its death is
 * noticed at its exit, even when a child of its own still holds its output open.
 * **Fails with** an error that says that it could not be started, and why.
 * **Gotcha** what leaves the group by itself (a daemon) is not followed, and on Windows only the
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

  /** Sends one line, or throws: a dead or deaf server must not swallow a request. */
  send(line: string): void {
    const { stdin } = this.#child;
    if (this.#how !== undefined) throw new Error(this.#how);
    if (!stdin?.writable) throw new Error("its standard input is closed");
    if (stdin.writableLength > MAX_UNREAD_BYTES) {
      throw new Error(`it has left ${stdin.writableLength} bytes unread`);
    }
    stdin.write(`${line}\n`);
  }

  /** Kills it; `why` is told with its end. */
  condemn(why: string): void {
    this.#keep(why);
    signalGroup(this.#child, "SIGKILL");
  }

  /** Ends its input, then asks, then kills; at once when, or as soon as, `hurry` is aborted. */
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
        // What it has still said is heard first.
        void reading.then(() => {
          clearTimeout(timer);
          this.#end(how);
        });
      });
    });
    // A broken pipe is mostly a death that `exit` reports with its reason. A server that lives on
    // without hearing or speaking is of no use to anybody.
    stdin?.on("error", () => void this.close());
    stdout?.on("end", () => void this.close());
    stderr?.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
  }

  /** Never rejects: an output that breaks off is told by the end of the process. */
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
    // A grandchild that left the group may hold the pipes; they must not keep this process alive.
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
