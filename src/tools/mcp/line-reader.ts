import { StringDecoder } from "node:string_decoder";
import { SHORT_TEXT } from "./json-parser.ts";
import { JsonSkimmer, type SkimmedMessage } from "./json-skimmer.ts";
import { megabytes } from "./mcp-config.ts";

export interface LineReaderOptions {
  /** The most bytes of a line that is kept. */
  readonly maxBytes: number;
  /** Takes a line, in steps. */
  readonly onLine: (line: string) => Iterable<undefined>;
  /** Called for a line that was not kept, with the reason and the messages in it. */
  readonly onRefused: (why: string, messages: readonly SkimmedMessage[]) => void;
  /** Called for a line so long that its end is not awaited; nothing is read after it. */
  readonly onEndless: (why: string) => void;
}

/**
 * The factor over `maxBytes` at which a line counts as endless: no caller can wait for such a
 * message.
 */
const ENDLESS_FACTOR = 10;

const NEWLINE = 10;

/**
 * Cuts the output of a server into lines. Of a line that is too long, too deep or has too many
 * values it keeps only the message ids, which show whose answer it was.
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
    // Some servers on Windows begin with a byte order mark.
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
