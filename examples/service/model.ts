/** A stand-in for a model: looks up the order once, then streams its answer word by word. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelFunction } from "coppice";

const answer: ModelFunction = async function* ({ messages, turn, options }, { signal }) {
  const asked = JSON.stringify(messages[0]?.content ?? "");
  const order = /\d+/.exec(asked)?.[0];
  if (turn === 0 && order !== undefined) {
    yield "Let me look. ";
    yield { toolCall: { name: "look_up", input: { order } } };
  } else {
    const state = /"state\\*":\\*"([^"\\]+)/.exec(JSON.stringify(messages))?.[1] ?? "not known";
    for (const word of `Thank you for your patience; your order is ${state}.`.split(/(?<= )/)) {
      await sleep(Number(options.wordMs), undefined, { signal });
      yield word;
    }
  }
  yield { usage: { inputTokens: 200, outputTokens: 20 } };
};

export default answer;
