import { UNSTARTED } from "../authority/request.ts";
import type { AgentAnswers, OpenAsk } from "../engine/asks.ts";
import { takeProgress } from "../engine/call-progress.ts";
import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import { isBelow } from "../journal/event-log.ts";
import { answer } from "../kernel/asks.ts";
import type { AgentRequest } from "../kernel/calls.ts";
import { deadLetter, undeliverable } from "../kernel/dead-letters.ts";
import { hasSaid } from "../kernel/leaving.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { denyTell, isTell, lapse, mayStillTell, refuseTell, type Saying } from "../kernel/tells.ts";
import { unknownAgent } from "../kernel/unknown-agent.ts";
import { watchFar } from "../kernel/watches.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type Addressee, isNode, relationOf, resolve } from "./address.ts";
import type { Approvals } from "./approvals.ts";
import { write } from "./far-mail.ts";
import { askHere, tellHere } from "./local-mail.ts";
import { callQuestion } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import { SEND_LATER, undelivered } from "./undelivered.ts";

/** The engine as messages between agents need it. */
export interface MessageEngine extends Engine {
  readonly approvals: Approvals;
}

type Of<Type extends Command["type"]> = Extract<Command, { type: Type }>;

/**
 * Sends a message to another agent; the result of a call says only that it was accepted, and a tell
 * has none.
 */
export function sendTo(swarm: MessageEngine, node: Node, command: Of<"send">): void {
  const { kernel } = swarm;
  const { callId, message } = command;
  const to = addressee(swarm, node, command, message);
  if (to === undefined || !mayReach(swarm, node, to, command, message)) return;
  if (!isNode(to)) {
    const mail = { type: "tell", from: node.path, message, callId, by: keyOf(node) } as const;
    const isCounted = swarm.parts.arbiter.isCounted(callId);
    return write(
      swarm,
      to,
      isTell(command) ? { ...mail, told: { to: command.to, isCounted } } : mail,
    );
  }
  const refusal = tellHere(swarm, to, node.path, message);
  swarm.parts.arbiter.release(callId, { started: refusal === undefined });
  if (refusal !== undefined) {
    return refuse(swarm, node, command, undelivered(refusal, message, SEND_LATER));
  }
  if (!isTell(command)) {
    kernel.settleCall(node, callId, { isError: false, value: { to: to.path } });
  }
}

/** Carries out what an agent says to another; its end waits for that. */
export function say(swarm: MessageEngine, node: Node, command: Saying): void {
  const { tree } = swarm.kernel;
  try {
    if (!isTell(command)) answer(tree, node, command);
    else if (mayStillTell(node)) sendTo(swarm, node, command);
    else lapse(tree, node, command);
  } finally {
    hasSaid(tree, node);
  }
}

/** Asks another agent; the result is its answer, or the reason why there is none. */
export function ask(swarm: MessageEngine, node: Node, command: Of<"ask">): void {
  const { kernel, asks } = swarm;
  const { callId, message, timeoutMs } = command;
  const to = addressee(swarm, node, command, message);
  if (to === undefined || !mayReach(swarm, node, to, command, message)) return;
  const askId = kernel.tree.nextAsk();
  asks.open(askId, { path: to.path, node, callId });
  const call = node.calls.get(callId);
  if (call !== undefined) call.askId = askId;
  if (call !== undefined && !isNode(to)) call.asked = keyOf(to);
  // Done before anything is settled, so that an agent that waits for many answers keeps no slot.
  kernel.idleCall(node, callId);
  if (!isNode(to)) {
    swarm.parts.arbiter.release(callId);
    const mail = { type: "ask", from: node.path, message, askId, timeoutMs } as const;
    return write(swarm, to, { ...mail, by: keyOf(node) });
  }
  const isTold = askHere(swarm, to, { from: node.path, message, askId, timeoutMs });
  swarm.parts.arbiter.release(callId, { started: isTold });
}

/** Returns the handler that settles the calls of agents with the outcome of their asks. */
export function agentAnswers(swarm: MessageEngine): AgentAnswers {
  return {
    answer({ path, node, callId }, value) {
      swarm.contained.run(node.path, "answer", () => {
        if (node.calls.has(callId)) {
          return swarm.kernel.settleCall(node, callId, { isError: false, value });
        }
        const letter = { from: path, to: node.path, reason: NOBODY_WAITS, message: value };
        deadLetter(swarm.kernel.tree, letter);
      });
    },
    fail({ node, callId }, error) {
      swarm.contained.run(node.path, "answer", () => refuse(swarm, node, { callId }, error));
    },
    write: (to, letter) => write(swarm, to, letter),
  };
}

/**
 * Waits for the end of another agent. An agent may watch every agent that it may write to and all
 * of its descendants, but none of its ancestors, which end only after it has ended.
 */
export function watch(swarm: MessageEngine, node: Node, command: Of<"watch">): void {
  const { callId } = command;
  const { kernel } = swarm;
  const to = resolve(swarm, node, command.to);
  if (to === undefined)
    return refuse(swarm, node, command, unknownAgent(kernel.tree, node, command.to));
  if (to.depth === 0 || isBelow(node.path, to.path)) {
    const text = `watch: ${node.path} ends before ${to.path} does`;
    const error = new CoppiceError("OPTIONS_INVALID", text, { to: to.path });
    return refuse(swarm, node, command, error);
  }
  const isOwn = isBelow(to.path, node.path);
  if (!isOwn && !mayReach(swarm, node, to, command, { watch: to.path })) return;
  // A watch costs no uses.
  swarm.parts.arbiter.release(callId, UNSTARTED);
  if (isNode(to)) kernel.watch(node, callId, to);
  else watchFar(kernel.tree, node, callId, to);
}

/**
 * Asks an agent on behalf of the host program; the promise is of the answer, or of the reason why
 * there is none.
 */
export function askFromOutside(
  swarm: MessageEngine,
  node: Node,
  { message, timeoutMs }: { readonly message: Json; readonly timeoutMs: number },
): OpenAsk {
  const open = swarm.asks.openTo(swarm.kernel.tree.nextAsk(), node.path);
  const advice = "; wait for room with `whenRoom`";
  askHere(swarm, node, { from: "/", message, askId: open.askId, timeoutMs, advice });
  return open;
}

/** Waits until the agent's mailbox would accept a message. */
export function waitForRoom({ asks, kernel }: MessageEngine, to: Node): OpenAsk {
  const open = asks.openTo(kernel.tree.nextAsk(), to.path);
  kernel.awaitRoom(to, open.askId);
  return open;
}

const NOBODY_WAITS = "nobody waits for this answer";

/**
 * Returns the receiver of a message. A message without one becomes a dead letter, and its sender
 * gets a refusal.
 */
function addressee(
  swarm: MessageEngine,
  node: Node,
  command: Of<"send" | "ask">,
  message: Json,
): Addressee | undefined {
  const { to } = command;
  const found = resolve(swarm, node, to);
  if (found !== undefined && found.depth > 0) return found;
  const reason = `there is no agent "${to}"`;
  const letter = { from: node.path, to: "/", reason, message };
  undeliverable(swarm.kernel.tree, node, letter, "unknown");
  refuse(swarm, node, command, unknownAgent(swarm.kernel.tree, node, to));
  return undefined;
}

/** Asks the arbiter. Returns false when the call was refused or waits for a person. */
function mayReach(
  swarm: MessageEngine,
  node: Node,
  to: Addressee,
  command: Of<"send" | "ask" | "watch">,
  input: Json,
): boolean {
  const { approvals, parts } = swarm;
  const { callId, type } = command;
  const record = swarm.recordOf(node);
  const { approved = false } = takeProgress(record, callId) ?? {};
  const about = { callId, to: to.path, relation: relationOf(node, to), approved };
  const verdict = parts.arbiter.message(record.standing, about);
  if (verdict.status === "ask") {
    // A tell is a call only while it waits for a person.
    if (isTell(command)) node.calls.set(callId, { command, state: "working", attempt: 1 });
    approvals.request(node, callQuestion({ callId, of: type }, { input, ...verdict }));
  }
  if (verdict.status === "refused") {
    if (isTell(command)) denyTell(swarm.kernel.tree, node, command, verdict.error);
    else refuse(swarm, node, command, verdict.error);
  }
  return verdict.status === "granted";
}

/** Refuses a message, or another call, where a dead letter reports what was not delivered. */
function refuse(
  { kernel }: MessageEngine,
  node: Node,
  command: Of<"send" | "ask" | "watch"> | Pick<AgentRequest, "callId">,
  error: CoppiceError,
): void {
  if ("type" in command && isTell(command)) refuseTell(kernel.tree, node, command, error);
  else kernel.settleCall(node, command.callId, refusedResult(error));
}
