import { isDeepStrictEqual } from "node:util";
import { CoppiceError } from "../errors.ts";
import { clip } from "../wire/clip.ts";
import type { PlaceAgent } from "../wire/delivery.ts";
import type { Block, TurnMessage } from "../wire/transcript.ts";

type ToolUse = Extract<Block, { readonly type: "tool_use" }>;
type ToolResult = Extract<Block, { readonly type: "tool_result" }>;

/** A text for a model that has repeated a turn too often. */
const remark: Block = {
  type: "text",
  text:
    "You have made the same calls with the same results again and again. Do something else, or " +
    "answer with what you have. Repeating these calls again will end this run.",
};

/**
 * Finds turns of one agent that make no progress: the same calls in the same order with the same
 * results, and calls that all fail. The text beside the calls does not count.
 *
 * **Guarantees** A turn that calls other tools costs a comparison of names only. Its whole state is
 * the transcript, in pairs of calls and results, so that it survives every move.
 */
export class LoopDetection {
  readonly #transcript: readonly TurnMessage[];
  readonly #limits: PlaceAgent["limits"];
  /** Repetitions in a row up to the last turn; undefined until they are counted. */
  #repeated: number | undefined;

  constructor(transcript: readonly TurnMessage[], limits: PlaceAgent["limits"]) {
    this.#transcript = transcript;
    this.#limits = limits;
  }

  /** Forgets the count, because a turn was left out of the transcript. */
  forget(): void {
    this.#repeated = undefined;
  }

  /** Returns a warning to go with the results of a turn that has been repeated too often. */
  remarkOn(results: readonly Block[]): readonly Block[] {
    if (results.length === 0) return [];
    const { length } = this.#transcript;
    const before = this.#repeated ?? repetitionsIn(this.#transcript, length - 1);
    const latest: TurnMessage = { role: "user", content: results };
    this.#repeated = isRepeated(this.#transcript, length, latest) ? before + 1 : 0;
    return this.#repeated > this.#limits.repeats ? [remark] : [];
  }

  /**
   * Returns the error that ends the agent when a reply repeats the calls that it was warned about.
   */
  objectionTo(content: readonly Block[]): CoppiceError | undefined {
    const { repeats } = this.#limits;
    this.#repeated ??= repetitionsIn(this.#transcript, this.#transcript.length);
    if (this.#repeated <= repeats) return undefined;
    const isSame = areSameCalls({ role: "assistant", content }, this.#transcript.at(-2));
    return isSame ? loopDetected(repeats) : undefined;
  }

  /**
   * Returns the error that ends the agent when too many turns in a row failed. Asked before each
   * model call.
   */
  failure(): CoppiceError | undefined {
    const { errors } = this.#limits;
    const failed = failedTurns(this.#transcript);
    return failed > errors ? tooManyErrors(errors, this.#transcript) : undefined;
  }
}

/** Counts the repetitions in a row up to the turn that ends before `end`. */
function repetitionsIn(transcript: readonly TurnMessage[], end: number): number {
  let count = 0;
  while (isRepeated(transcript, end - 1 - 2 * count)) count += 1;
  return count;
}

/** True when the results at `at` end a turn that equals the one before it. */
function isRepeated(
  transcript: readonly TurnMessage[],
  at: number,
  results = transcript[at],
): boolean {
  if (!areSameCalls(transcript[at - 1], transcript[at - 3])) return false;
  return areSameResults(results, transcript[at - 2]);
}

/** Counts the turns at the end of the transcript whose calls all failed. */
function failedTurns(transcript: readonly TurnMessage[]): number {
  let count = 0;
  for (let at = transcript.length - 1; at > 0 && haveAllFailed(transcript[at]); at -= 2) count += 1;
  return count;
}

function loopDetected(repeats: number): CoppiceError {
  const message = `It repeated the same calls with the same results over ${repeats} times`;
  const details = { limit: "repeats", value: repeats };
  return new CoppiceError("LOOP_DETECTED", `${message}, although it was warned`, details);
}

function tooManyErrors(errors: number, transcript: readonly TurnMessage[]): CoppiceError {
  const last = resultsIn(transcript.at(-1)).at(-1)?.content;
  const said = typeof last === "string" ? `; the last said: ${clip(last, 500)}` : "";
  const message = `Every call of more than ${errors} turns in a row failed${said}`;
  return new CoppiceError("TOO_MANY_ERRORS", message, { limit: "errors", value: errors });
}

function areSameCalls(a: TurnMessage | undefined, b: TurnMessage | undefined): boolean {
  const [these, those] = [usesIn(a), usesIn(b)];
  if (these.length === 0 || these.length !== those.length) return false;
  if (these.some(({ name }, index) => name !== those[index]?.name)) return false;
  return these.every(({ input }, index) => isDeepStrictEqual(input, those[index]?.input));
}

function areSameResults(a: TurnMessage | undefined, b: TurnMessage | undefined): boolean {
  const [these, those] = [resultsIn(a), resultsIn(b)];
  return (
    these.length === those.length &&
    these.every(({ content, is_error = false }, index) => {
      const other = those[index] as ToolResult;
      if (is_error !== (other.is_error ?? false)) return false;
      return content === other.content || isDeepStrictEqual(content, other.content);
    })
  );
}

function haveAllFailed(message: TurnMessage | undefined): boolean {
  const results = resultsIn(message);
  return results.length > 0 && results.every(({ is_error }) => is_error === true);
}

function usesIn(message: TurnMessage | undefined): readonly ToolUse[] {
  if (message === undefined || typeof message.content === "string") return [];
  return message.content.filter((block) => block.type === "tool_use");
}

function resultsIn(message: TurnMessage | undefined): readonly ToolResult[] {
  if (message === undefined || typeof message.content === "string") return [];
  return message.content.filter((block) => block.type === "tool_result");
}
