import { UNSTARTED } from "../authority/request.ts";
import type { AgentAnswers, OpenAsk } from "../engine/asks.ts";
import { takeStanding } from "../engine/call-standing.ts";
import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import { isBelow } from "../journal/event-log.ts";
import type { AgentRequest } from "../kernel/calls.ts";
import { deadLetter, undeliverable } from "../kernel/dead-letters.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { unknownAgent } from "../kernel/unknown-agent.ts";
import { watchFar } from "../kernel/watches.ts";
import type { Out } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type Addressee, isNode, relationOf, resolve } from "./address.ts";
import type { Approvals } from "./approvals.ts";
import { write } from "./far-mail.ts";
import { callQuestion } from "./question.ts";
import { refusedResult } from "./refusal.ts";
import { askHere, tellHere } from "./told-here.ts";
import { SEND_LATER, undelivered } from "./undelivered.ts";

/** Where agents are told and asked something. */
export interface MessageEngine extends Engine {
  readonly approvals: Approvals;
}

type Of<Type extends Out["type"]> = Extract<Out, { type: Type }>;

/** Tells another agent something; the result says only that it was accepted. */
export function send(swarm: MessageEngine, node: Node, out: Of<"send">): void {
  const { kernel } = swarm;
  const { callId, message } = out;
  const to = addressee(swarm, node, out, message);
  if (to === undefined || !mayReach(swarm, node, to, { ...out, input: message })) return;
  if (!isNode(to)) {
    const mail = { type: "tell", from: node.path, message, callId, by: keyOf(node) } as const;
    return write(swarm, to, mail);
  }
  const refusal = tellHere(swarm, to, node.path, message);
  swarm.parts.arbiter.release(callId, { started: refusal === undefined });
  if (refusal !== undefined) {
    return refuse(swarm, node, callId, undelivered(refusal, message, SEND_LATER));
  }
  kernel.settleCall(node, callId, { isError: false, value: { to: to.path } });
}

/** Tells another agent something; the result is its answer, or why there is none. */
export function ask(swarm: MessageEngine, node: Node, out: Of<"ask">): void {
  const { kernel, asks } = swarm;
  const { callId, message, timeoutMs } = out;
  const to = addressee(swarm, node, out, message);
  if (to === undefined || !mayReach(swarm, node, to, { ...out, input: message })) return;
  const askId = kernel.tree.nextAsk();
  asks.open(askId, { path: to.path, node, callId });
  const call = node.calls.get(callId);
  if (call !== undefined) call.askId = askId;
  if (call !== undefined && !isNode(to)) call.asked = keyOf(to);
  // Before anything is settled, so that an agent that asks all day holds no slot for it.
  kernel.idleCall(node, callId);
  if (!isNode(to)) {
    swarm.parts.arbiter.release(callId);
    const mail = { type: "ask", from: node.path, message, askId, timeoutMs } as const;
    return write(swarm, to, { ...mail, by: keyOf(node) });
  }
  const isTold = askHere(swarm, to, { from: node.path, message, askId, timeoutMs });
  swarm.parts.arbiter.release(callId, { started: isTold });
}

/** What the asks of agents come to: the results of their calls. */
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
      swarm.contained.run(node.path, "answer", () => refuse(swarm, node, callId, error));
    },
    write: (to, letter) => write(swarm, to, letter),
  };
}

/**
 * Waits for the end of another agent. Whom it may write to it may watch, and all below itself;
 * not those above, which end only when it has ended.
 */
export function watch(swarm: MessageEngine, node: Node, out: Of<"watch">): void {
  const { callId } = out;
  const { kernel } = swarm;
  const to = resolve(swarm, node, out.to);
  if (to === undefined) return refuse(swarm, node, callId, unknownAgent(kernel.tree, node, out.to));
  if (to.depth === 0 || isBelow(node.path, to.path)) {
    const told = `watch: ${node.path} ends before ${to.path} does`;
    return refuse(swarm, node, callId, new CoppiceError("OPTIONS_INVALID", told, { to: to.path }));
  }
  const isOwn = isBelow(to.path, node.path);
  if (!isOwn && !mayReach(swarm, node, to, { ...out, input: { watch: to.path } })) return;
  // Looking uses nothing up.
  swarm.parts.arbiter.release(callId, UNSTARTED);
  if (isNode(to)) kernel.watch(node, callId, to);
  else watchFar(kernel.tree, node, callId, to);
}

/** Asks an agent from outside; the promise is of the answer, or of why there is none. */
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

/** Waits until a message to the agent would be accepted. */
export function waitForRoom({ asks, kernel }: MessageEngine, to: Node): OpenAsk {
  const open = asks.openTo(kernel.tree.nextAsk(), to.path);
  kernel.awaitRoom(to, open.askId);
  return open;
}

const NOBODY_WAITS = "nobody waits for this answer";

/** Whom a message is for; one that is for nobody is a dead letter, and told to its sender. */
function addressee(
  swarm: MessageEngine,
  node: Node,
  { callId, to }: { readonly callId: string; readonly to: string },
  message: Json,
): Addressee | undefined {
  const found = resolve(swarm, node, to);
  if (found !== undefined && found.depth > 0) return found;
  const reason = `there is no agent "${to}"`;
  const letter = { from: node.path, to: "/", reason, message };
  undeliverable(swarm.kernel.tree, node, letter, "unknown");
  refuse(swarm, node, callId, unknownAgent(swarm.kernel.tree, node, to));
  return undefined;
}

/** Asks the arbiter; false when the call was refused, or waits for a person. */
function mayReach(
  swarm: MessageEngine,
  node: Node,
  to: Addressee,
  { callId, type, input }: Pick<AgentRequest, "callId" | "type"> & { readonly input: Json },
): boolean {
  const { approvals, parts } = swarm;
  const record = swarm.recordOf(node);
  const { approved = false } = takeStanding(record, callId) ?? {};
  const about = { callId, to: to.path, relation: relationOf(node, to), approved };
  const verdict = parts.arbiter.message(record.seat, about);
  if (verdict.status === "ask") {
    approvals.ask(node, callQuestion({ callId, of: type }, { input, ...verdict }));
  }
  if (verdict.status === "refused") refuse(swarm, node, callId, verdict.error);
  return verdict.status === "granted";
}

function refuse(swarm: MessageEngine, node: Node, callId: string, error: CoppiceError): void {
  swarm.kernel.settleCall(node, callId, refusedResult(error));
}
