import { StringDecoder } from "node:string_decoder";
import { SHORT_TEXT } from "./json-parser.ts";
import { JsonSkimmer, type SkimmedMessage } from "./json-skimmer.ts";
import { megabytes } from "./mcp-config.ts";

export interface LineReaderOptions {
  /** Of the longest line that is kept. */
  readonly maxBytes: number;
  /** Takes a line in steps. */
  readonly onLine: (line: string) => Iterable<undefined>;
  /** A line that was not kept: why, and the messages in it. */
  readonly onRefused: (why: string, messages: readonly SkimmedMessage[]) => void;
  /** A line so long that its end is not waited for; nothing is read after it. */
  readonly onEndless: (why: string) => void;
}

/** Of a line, over which it is no message that anybody could want. */
const ENDLESS_FACTOR = 10;

const NEWLINE = 10;

/**
 * Cuts what a server writes into lines, and keeps of a line that is too long, too deep or of too
 * many values nothing but the ids that tell whose answer it was.
 */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #decoder = new StringDecoder("utf8");
  /** Pieces of the unfinished line: joining them once keeps a long line linear. */
  #pieces: string[] = [];
  #bytes = 0;
  #skimmer: JsonSkimmer | undefined;
  #isEndless = false;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  /** Takes the next chunk, in steps. */
  *read(chunk: Buffer): Generator<undefined, void> {
    let from = 0;
    while (from < chunk.length && !this.#isEndless) {
      const newline = chunk.indexOf(NEWLINE, from);
      const end = newline < 0 ? chunk.length : newline;
      this.#take(chunk.subarray(from, end));
      from = end + 1;
      yield;
      if (newline >= 0 && !this.#isEndless) yield* this.#end();
    }
  }

  #take(bytes: Buffer): void {
    const { maxBytes, onEndless } = this.#options;
    const piece = this.#decoder.write(bytes);
    this.#bytes += bytes.length;
    this.#pieces.push(piece);
    if (this.#bytes > maxBytes * ENDLESS_FACTOR) {
      this.#isEndless = true;
      this.#pieces = [];
      onEndless(`sent a line of more than ${maxBytes * ENDLESS_FACTOR} bytes`);
    } else if (this.#skimmer !== undefined) this.#skimmer.feed(piece);
    else if (this.#bytes > Math.min(SHORT_TEXT, maxBytes)) {
      this.#skimmer = new JsonSkimmer();
      for (const before of this.#pieces) this.#skimmer.feed(before);
    }
    if (this.#bytes > maxBytes) this.#pieces = [];
  }

  *#end(): Generator<undefined, void> {
    const skimmer = this.#skimmer;
    const why = skimmer && this.#whyRefused(skimmer);
    // A byte order mark is what some servers on Windows begin with.
    const line = why === undefined ? this.#pieces.join("").replace(/^\ufeff|\r$/g, "") : "";
    this.#pieces = [];
    this.#bytes = 0;
    this.#skimmer = undefined;
    if (why === undefined) yield* this.#options.onLine(line);
    else this.#options.onRefused(why, skimmer?.messages ?? []);
  }

  #whyRefused({ excess }: JsonSkimmer): string | undefined {
    const { maxBytes } = this.#options;
    if (this.#bytes > maxBytes) {
      const limit = `${maxBytes} of \`maxMessageMb: ${megabytes(maxBytes)}\``;
      return `has ${this.#bytes} bytes, more than the ${limit}`;
    }
    return excess;
  }
}
