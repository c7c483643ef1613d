import type { Engine } from "../engine/engine.ts";
import type { Input } from "../engine/input.ts";
import { leaveAsk } from "../kernel/asks.ts";
import { deadLetter } from "../kernel/dead-letters.ts";
import type { Node, NodeKey } from "../kernel/node.ts";
import type { RunLetter, Undelivered } from "../kernel/run-letter.ts";
import { refuseTell } from "../kernel/tells.ts";
import { watchedFromFar } from "../kernel/watches.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import { askHere, tellHere } from "./local-mail.ts";
import { refusedResult } from "./refusal.ts";
import { SEND_LATER, undelivered } from "./undelivered.ts";

type Of<Type extends RunLetter["type"]> = Extract<RunLetter, { readonly type: Type }>;

/** Sends a letter to an agent of another run, which takes it in a step of its own. */
export function write({ outside, inbox }: Engine, to: NodeKey, letter: RunLetter): void {
  outside.update(() => inbox.notify({ type: "letter", agent: to, letter }));
}

/** Processes a letter from an agent of another run. */
export function takeLetter(
  swarm: Engine,
  { agent, letter }: Extract<Input, { type: "letter" }>,
): void {
  const { kernel, asks } = swarm;
  const node = kernel.agent(agent);
  switch (letter.type) {
    case "receipt":
      return node && takeReceipt(swarm, node, letter);
    case "ended":
      return (
        node && kernel.settleCall(node, letter.callId, { isError: false, value: letter.value })
      );
    case "answered":
      return asks.answer(letter.askId, letter.value);
    case "unanswered":
      return asks.fail(letter.askId, decodeError(letter.error));
    case "unwatch":
      return void node?.watchers?.delete(letter.callId);
    case "ask-over": {
      const askId = asks.ownId(letter.askId);
      return askId === undefined ? undefined : leaveAsk(kernel.tree, askId, letter.by.path);
    }
    default:
      return node === undefined ? gone(swarm, agent, letter) : deliver(swarm, node, letter);
  }
}

function deliver(swarm: Engine, node: Node, letter: Of<"tell" | "ask" | "watch">): void {
  const { kernel } = swarm;
  if (letter.type === "watch") {
    return watchedFromFar(kernel.tree, node, letter.callId, letter.by);
  }
  if (letter.type === "ask") return ask(swarm, node, letter);
  const refusal = tellHere(swarm, node, letter.from, letter.message);
  if (refusal !== undefined || letter.told?.isCounted !== false) {
    receipt(swarm, letter, node.path, refusal);
  }
}

function receipt(
  swarm: Engine,
  { by, callId, told, message }: Of<"tell">,
  path: string,
  refusal: Undelivered | undefined,
): void {
  const why = refusal === undefined ? {} : { refusal };
  const back = refusal && told ? { told: { to: told.to, message } } : {};
  write(swarm, by, { type: "receipt", callId, path, ...why, ...back });
}

function ask(swarm: Engine, node: Node, { askId, by, ...mail }: Of<"ask">): void {
  const own = swarm.kernel.tree.nextAsk();
  swarm.asks.open(own, { path: node.path, by, theirs: askId });
  askHere(swarm, node, { ...mail, askId: own });
}

/** Answers a letter to an agent that no longer exists. */
function gone(swarm: Engine, { path }: NodeKey, letter: Of<"tell" | "ask" | "watch">): void {
  const { by } = letter;
  const refusal: Undelivered = { path, hasEnded: true, waiting: 0 };
  if (letter.type !== "watch") {
    const { from, message } = letter;
    deadLetter(swarm.kernel.tree, { from, to: path, reason: "the agent has ended", message });
  }
  if (letter.type === "tell") return receipt(swarm, letter, path, refusal);
  if (letter.type === "watch") {
    return write(swarm, by, { type: "receipt", callId: letter.callId, path, refusal });
  }
  const { askId, message } = letter;
  const error = encodeError(undelivered(refusal, message, SEND_LATER), "AGENT_STOPPED");
  write(swarm, by, { type: "unanswered", askId, error });
}

/** Settles a call with the outcome of a message or a watch that was sent to another run. */
function takeReceipt(swarm: Engine, node: Node, letter: Of<"receipt">): void {
  const { kernel, parts } = swarm;
  const { callId, path, refusal, told } = letter;
  parts.arbiter.release(callId, { started: refusal === undefined });
  if (refusal !== undefined && told !== undefined) {
    return refuseTell(kernel.tree, node, told, undelivered(refusal, told.message, SEND_LATER));
  }
  const { command } = node.calls.get(callId) ?? {};
  if (command?.type !== "send" && command?.type !== "watch") return;
  if (refusal === undefined) {
    return kernel.settleCall(node, callId, { isError: false, value: { to: path } });
  }
  const message = command.type === "send" ? command.message : null;
  const error = undelivered(refusal, message, SEND_LATER);
  kernel.settleCall(node, callId, refusedResult(error));
}
