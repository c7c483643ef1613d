import type { Writable } from "node:stream";

/** Writes to a stream until its reader goes away, which is no error: `coppice … | head`. */
export class Output {
  readonly #stream: Writable;
  readonly #write: Writable["write"];
  #gone = false;

  /** @param write the stream's own, where others are kept from it */
  constructor(
    stream: Writable,
    onGone: () => void = () => undefined,
    write: Writable["write"] = (...text: [string]) => stream.write(...text),
  ) {
    this.#stream = stream;
    this.#write = write;
    stream.on("error", () => {
      if (this.#gone) return;
      this.#gone = true;
      onGone();
    });
  }

  line(text: string): void {
    if (!this.#gone) this.#write(`${text}\n`);
  }

  /** Resolves when everything has been handed to the reader, or there is none any more. */
  async flush(): Promise<void> {
    if (this.#gone) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("error", () => resolve());
      this.#write("", () => resolve());
    });
  }
}

/**
 * Keeps standard output for what the program itself says: whatever else is printed in this thread,
 * as by the tools of a file, goes to standard error from here on.
 *
 * @returns the stream's own `write`
 */
export function keepStandardOutput(): Writable["write"] {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout) as Writable["write"];
  stdout.write = stderr.write.bind(stderr);
  // Whoever ends the stream ends nothing: the program has more to say.
  stdout.end = (...said: unknown[]) => {
    if (typeof said[0] === "string" || said[0] instanceof Uint8Array) stderr.write(said[0]);
    const done = said.findLast((one) => typeof one === "function");
    if (done !== undefined) stderr.write("", () => done());
    return stdout;
  };
  return write;
}
