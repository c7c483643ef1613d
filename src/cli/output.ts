import type { Writable } from "node:stream";

/** Writes to a stream until its reader goes away, which is no error: `coppice … | head`. */
export class Output {
  readonly #stream: Writable;
  #gone = false;

  constructor(stream: Writable, onGone: () => void = () => undefined) {
    this.#stream = stream;
    stream.on("error", () => {
      if (this.#gone) return;
      this.#gone = true;
      onGone();
    });
  }

  line(text: string): void {
    if (!this.#gone) this.#stream.write(`${text}\n`);
  }

  /** Resolves when everything has been handed to the reader, or there is none any more. */
  async flush(): Promise<void> {
    if (this.#gone) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("error", () => resolve());
      this.#stream.write("", () => resolve());
    });
  }
}
