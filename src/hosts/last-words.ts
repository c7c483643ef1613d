import type { Readable } from "node:stream";
import { clip, clipStart } from "../wire/clip.ts";
import type { Printed } from "../wire/printed.ts";

const MAX_TAIL_CHARACTERS = 16_000;
const MAX_WORDS_CHARACTERS = 200;

/** Messages of V8 and Node that report a lack of memory. */
const outOfMemory = /FATAL ERROR: .*(?:heap|memory|[Aa]llocation|invalid (?:table|array))/;

/** Lines of a stack, native or not, and the lines around one. */
const stack = /^(at |\d+: |-----|Node\.js v|\(Use `|Thrown at:|Uncaught:$|\^+$)/;

/**
 * The output of a process. It is reported piece by piece, and its end is kept, which can tell why
 * the process died.
 */
export class LastWords {
  #tail = "";

  constructor(
    streams: Readonly<Record<Printed["stream"], Readable | null>>,
    onPrinted: (print: Printed) => void,
  ) {
    for (const name of ["stdout", "stderr"] as const) {
      const stream = streams[name];
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#tail = clipStart(this.#tail + text, MAX_TAIL_CHARACTERS);
        onPrinted({ stream: name, text });
      });
      // The process has died; its exit is what counts.
      stream?.on("error", () => undefined);
    }
  }

  get tellsOfMemory(): boolean {
    return outOfMemory.test(this.#tail);
  }

  /** The line that says why the process died, or the last one; empty when there was no output. */
  get why(): string {
    const lines = this.#tail.split("\n").map((line) => line.trim());
    const said = lines.filter((line) => line !== "" && !stack.test(line));
    const error = said.findLast((line) => /^(FATAL ERROR|(Uncaught )?\w*Error\b)/.test(line));
    return clip(error ?? said.at(-1) ?? "", MAX_WORDS_CHARACTERS);
  }
}
