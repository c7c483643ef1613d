import { type Block, type TurnMessage, textIn } from "./transcript.ts";

/** How often a cut answer is gone on with; each time is a model call, and counts as a turn. */
export const MOST_CONTINUATIONS = 3;

const wasCut =
  "Your answer was cut off because it reached its maximum of tokens. " +
  "Go on exactly where it stopped, without repeating anything.";
const hasPaused =
  "Your turn was paused before it was done. " +
  "Go on exactly where it stopped, without repeating anything.";

/**
 * What a model is told whose answer was cut by `max_tokens`. Said in a turn of the user's, because
 * newer models refuse a conversation that ends with their own.
 */
export const GO_ON: Block = { type: "text", text: wasCut };

/** What a model is told that paused in the middle of its turn. */
export const RESUME: Block = { type: "text", text: hasPaused };

/** What a call that was cut off is answered with; {@link continuations} counts it. */
export const CUT_OFF = "was cut off because the answer reached its maximum of tokens";

/** How often the answer at the end of the transcript was cut and has been gone on with. */
export function continuations(transcript: readonly TurnMessage[]): number {
  let count = 0;
  for (let at = transcript.length - 1; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (message.role === "assistant") continue;
    if (saysOf(message, wasCut) || tellsOfCut(message)) count += 1;
    else if (!saysOf(message, hasPaused)) break;
  }
  return count;
}

/**
 * The answer at the end of the transcript, made one of its pieces. A turn whose last word is
 * nothing answers with what it said before; one that said nothing at all is answered by "".
 */
export function answerIn(transcript: readonly TurnMessage[]): string {
  const last = transcript.length - 1;
  const answer = answerUpTo(transcript, last);
  if (answer !== "") return answer;
  for (let at = last; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (beginsTurn(message)) break;
    if (message.role === "assistant" && textIn(message) !== "") return answerUpTo(transcript, at);
  }
  return "";
}

/** What the model last said: the partial output of an agent that does not complete. */
export function lastAnswer(transcript: readonly TurnMessage[]): string | undefined {
  let omitted = 0;
  for (let at = transcript.length - 1; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (message.omits !== undefined) omitted += message.omits;
    else if (omitted > 0) omitted -= 1;
    else if (message.role === "assistant" && textIn(message) !== "") {
      return answerUpTo(transcript, at);
    }
  }
  return undefined;
}

/**
 * How many messages the turn at the end of the transcript has: all of them where none began. What
 * was said while it was asked for once more, so that nobody has answered in between, is part of it.
 */
export function turnLength(transcript: readonly TurnMessage[]): number {
  const first = transcript.findLastIndex((message, at) => {
    return beginsTurn(message) && transcript[at - 1]?.role !== "user";
  });
  return transcript.length - Math.max(0, first);
}

/** Read off the transcript, so that it survives every move. */
function answerUpTo(transcript: readonly TurnMessage[], last: number): string {
  let text = "";
  for (let at = last; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (message.role === "assistant") text = textIn(message) + text;
    else if (!asksToGoOn(message)) break;
  }
  return text;
}

/** A message of the user's; results and the wish to go on belong to the turn that they are in. */
function beginsTurn(message: TurnMessage): boolean {
  const { role, content } = message;
  if (role === "assistant") return false;
  if (typeof content === "string") return true;
  return !content.some(({ type }) => type === "tool_result") && !asksToGoOn(message);
}

function asksToGoOn(message: TurnMessage): boolean {
  return saysOf(message, wasCut) || saysOf(message, hasPaused);
}

function saysOf({ content }: TurnMessage, told: string): boolean {
  if (typeof content === "string") return false;
  return content.some((block) => block.type === "text" && block.text === told);
}

/** Beside calls that were made, one that was cut is no continuation: the turn has come further. */
function tellsOfCut({ content }: TurnMessage): boolean {
  if (typeof content === "string") return false;
  const [only, ...others] = content.filter((block) => block.type === "tool_result");
  if (only?.is_error !== true || others.length > 0) return false;
  return typeof only.content === "string" && only.content.includes(CUT_OFF);
}
