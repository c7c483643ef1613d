import { StringDecoder } from "node:string_decoder";
import { StreamedText } from "../log/streamed-text.ts";

type Write = NodeJS.WriteStream["write"];

/**
 * Captures what tools, modules and Node itself write to the terminal while a live region is shown,
 * so that it appears as lines above the region instead of breaking it up.
 */
export class ForeignText {
  readonly #streams: readonly NodeJS.WriteStream[];
  readonly #line: (text: string) => void;
  readonly #originals = new Map<NodeJS.WriteStream, Write>();
  readonly #text = new StreamedText();

  constructor(streams: readonly NodeJS.WriteStream[], line: (text: string) => void) {
    this.#streams = streams.filter(({ isTTY }) => isTTY);
    this.#line = line;
  }

  take(): void {
    for (const [at, stream] of this.#streams.entries()) {
      if (this.#originals.has(stream)) continue;
      this.#originals.set(stream, stream.write);
      const decoder = new StringDecoder("utf8");
      const write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
        const text = typeof chunk === "string" ? chunk : decoder.write(Buffer.from(chunk));
        for (const line of this.#text.add(String(at), text)) this.#line(line);
        const done = more.at(-1);
        if (typeof done === "function") done();
        return true;
      };
      stream.write = write as Write;
    }
  }

  /** Stops capturing; a line without a line end is passed on now. */
  give(): void {
    for (const [stream, write] of this.#originals) stream.write = write;
    this.#originals.clear();
    for (const at of this.#streams.keys()) {
      for (const line of this.#text.end(String(at))) this.#line(line);
    }
  }

  /** Writes to the stream past the capture. */
  write(stream: NodeJS.WriteStream, text: string): void {
    (this.#originals.get(stream) ?? stream.write).call(stream, text);
  }
}
