import type { Writable } from "node:stream";

/** Writes to a stream until its reader goes away, which is not an error: `coppice … | head`. */
export class Output {
  readonly #stream: Writable;
  readonly #write: Writable["write"];
  #gone = false;
  #fault: Error | undefined;

  /** @param write the stream's original method, when the stream's own has been replaced */
  constructor(
    stream: Writable,
    onGone: () => void = () => undefined,
    write: Writable["write"] = (...text: [string]) => stream.write(...text),
  ) {
    this.#stream = stream;
    this.#write = write;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#gone) return;
      this.#gone = true;
      if (error.code !== "EPIPE") this.#fault = error;
      onGone();
    });
  }

  /** The error by which text was lost, such as a full disk; undefined when its reader went away. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  line(text: string): void {
    if (!this.#gone) this.#write(`${text}\n`);
  }

  /** Resolves when all text has been handed to the reader, or when the reader has gone away. */
  async flush(): Promise<void> {
    if (this.#gone) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("error", () => resolve());
      this.#write("", () => resolve());
    });
  }
}

/**
 * Reserves standard output for the program itself: other output of this thread, such as that of a
 * file's tools, goes to standard error from now on.
 *
 * @returns the original `write` of standard output
 */
export function keepStandardOutput(): Writable["write"] {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout) as Writable["write"];
  stdout.write = stderr.write.bind(stderr);
  // Code that ends the stream must not close it: the program still writes to it.
  stdout.end = (...said: unknown[]) => {
    if (typeof said[0] === "string" || said[0] instanceof Uint8Array) stderr.write(said[0]);
    const done = said.findLast((one) => typeof one === "function");
    if (done !== undefined) stderr.write("", () => done());
    return stdout;
  };
  return write;
}
