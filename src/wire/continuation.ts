import { type Block, type TurnMessage, textIn } from "./transcript.ts";

/** How often a cut answer is gone on with; each time is a model call, and counts as a turn. */
export const MOST_CONTINUATIONS = 3;

const told =
  "Your answer was cut off because it reached its maximum of tokens. " +
  "Go on exactly where it stopped, without repeating anything.";

/**
 * What a model is told whose answer was cut by `max_tokens`. Said in a turn of the user's, because
 * newer models refuse a conversation that ends with their own.
 */
export const GO_ON: Block = { type: "text", text: told };

/** How often the answer at the end of the transcript has been gone on with. */
export function continuations(transcript: readonly TurnMessage[]): number {
  return answerUpTo(transcript, transcript.length - 1).continued;
}

/** The answer at the end of the transcript, made one of its pieces; empty when there is none. */
export function answerIn(transcript: readonly TurnMessage[]): string {
  return answerUpTo(transcript, transcript.length - 1).text;
}

/** What the model last said: the partial output of an agent that does not complete. */
export function lastAnswer(transcript: readonly TurnMessage[]): string | undefined {
  const said = transcript.findLastIndex((at) => at.role === "assistant" && textIn(at) !== "");
  return said < 0 ? undefined : answerUpTo(transcript, said).text;
}

/** Read off the transcript, so that it survives every move. */
function answerUpTo(transcript: readonly TurnMessage[], last: number) {
  let text = "";
  let continued = 0;
  for (let at = last; at >= 0; at -= 1) {
    const message = transcript[at] as TurnMessage;
    if (message.role === "assistant") text = textIn(message) + text;
    else if (asksToGoOn(message)) continued += 1;
    else break;
  }
  return { text, continued };
}

function asksToGoOn({ content }: TurnMessage): boolean {
  if (typeof content === "string") return false;
  return content.some((block) => block.type === "text" && block.text === told);
}
