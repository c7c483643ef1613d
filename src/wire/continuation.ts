import { type Block, type TurnMessage, textIn } from "./transcript.ts";

/** The most continuations of a cut answer; each is a model call, and counts as a turn. */
export const MAX_CONTINUATIONS = 3;

const wasCut =
  "Your answer was cut off because it reached its maximum of tokens. " +
  "Go on exactly where it stopped, without repeating anything.";
const hasPaused =
  "Your turn was paused before it was done. " +
  "Go on exactly where it stopped, without repeating anything.";

/**
 * The text for a model whose answer was cut by `max_tokens`. It is a user turn, because newer
 * models refuse a conversation that ends with an assistant message.
 */
export const GO_ON: Block = { type: "text", text: wasCut };

/** The text for a model that paused in the middle of its turn. */
export const RESUME: Block = { type: "text", text: hasPaused };

/** The result of a call that was cut off; {@link continuations} counts it. */
export const CUT_OFF = "was cut off because the answer reached its maximum of tokens";

/** Counts how often the answer at the end of the transcript was cut and continued. */
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
 * Returns the answer at the end of the transcript, joined from its pieces. A turn that ends with an
 * empty message answers with its text before; a turn without any text answers with "".
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

/** Returns the model's last text: the partial output of an agent that does not complete. */
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
 * Returns the number of messages of the turn at the end of the transcript, or of all messages when
 * no turn began. User messages that directly follow each other, without an answer in between,
 * belong to one turn.
 */
export function turnLength(transcript: readonly TurnMessage[]): number {
  const first = transcript.findLastIndex((message, at) => {
    return beginsTurn(message) && transcript[at - 1]?.role !== "user";
  });
  return transcript.length - Math.max(0, first);
}

/** Joins the pieces of an answer, read from the transcript so that it survives every move. */
function answerUpTo(transcript: readonly TurnMessage[], last: number): string {
  let text = "";
  for (let at = last; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (message.role === "assistant") text = textIn(message) + text;
    else if (!asksToGoOn(message)) break;
  }
  return text;
}

/**
 * True for a message that begins a turn; results and requests to continue belong to the turn that
 * they are in.
 */
function beginsTurn(message: TurnMessage): boolean {
  const { role, content } = message;
  if (role === "assistant") return false;
  if (typeof content === "string") return true;
  return !content.some(({ type }) => type === "tool_result") && !asksToGoOn(message);
}

function asksToGoOn(message: TurnMessage): boolean {
  return saysOf(message, wasCut) || saysOf(message, hasPaused);
}

function saysOf({ content }: TurnMessage, text: string): boolean {
  if (typeof content === "string") return false;
  return content.some((block) => block.type === "text" && block.text === text);
}

/**
 * True when the only result is that of a cut call. Beside the results of other calls it is no
 * continuation: the turn has progressed.
 */
function tellsOfCut({ content }: TurnMessage): boolean {
  if (typeof content === "string") return false;
  const [only, ...others] = content.filter((block) => block.type === "tool_result");
  if (only?.is_error !== true || others.length > 0) return false;
  return typeof only.content === "string" && only.content.includes(CUT_OFF);
}
