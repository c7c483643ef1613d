import { CoppiceError } from "../errors.ts";
import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import { type AgentRequest, childReport, request, requestModel } from "./calls.ts";
import { failAsks } from "./dead-letters.ts";
import { post } from "./dispatch.ts";
import type { Sent } from "./mailbox.ts";
import type { Call, Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Notes once what a restart from the snapshot goes back to, when the agent fails or is told to
 * stop for it. What is committed later is no part of it.
 *
 * @param failedOn the last delivery that it took in when it failed by itself
 */
export function keepLastGood(node: Node, failedOn = 0): void {
  const { birth, transcript, held, turnEnded: idle, mailbox } = node;
  if (birth.restartFrom !== "snapshot" || node.lastGood !== undefined) return;
  const unread = new Set([...mailbox.user, ...mailbox.unacknowledged.map(({ body }) => body)]);
  const known = new Set([...unread].map((body) => "askId" in body && body.askId));
  const children = [...node.children.values()];
  node.lastGood = {
    transcript: transcript.length,
    calls: [...node.calls.values()],
    held: [...held],
    idle,
    owed: [
      ...mailbox.unacknowledged.flatMap(spare(node, failedOn)),
      ...mailbox.system.filter(isOwed),
    ],
    children: children.filter((at) => at.end === undefined && at.foregroundCall === undefined),
    asks: node.asks.filter((askId) => !known.has(askId)),
  };
}

/** Goes back to it: what the agent was sent since then is unread again. */
export function restoreMail(tree: Tree, node: Node): void {
  const { lastGood, mailbox } = node;
  mailbox.renew(lastGood?.owed);
  if (lastGood === undefined) return;
  node.transcript.length = lastGood.transcript;
  const unread = mailbox.user.map((body) => "askId" in body && body.askId);
  const known = new Set([...lastGood.asks, ...unread]);
  failAsks(
    tree,
    node.asks.filter((askId) => !known.has(askId)),
    `${node.path} was restarted before it answered`,
  );
}

/**
 * Takes up what a snapshot waits for: results that were there, its model call again, what was
 * held, and every other call as cancelled.
 */
export function resumeCalls(tree: Tree, node: Node): void {
  const { lastGood } = node;
  node.lastGood = undefined;
  if (lastGood === undefined) return;
  const { idle, owed, children, calls, held } = lastGood;
  node.idle = idle;
  node.turnEnded = idle;
  for (const body of owed) if (body.type !== "message") post(tree, node, body);
  for (const child of children) {
    const { path, name } = child;
    const outcome = childReport(child, tree.endOf(child));
    post(tree, node, { type: "child", path, name, outcome });
  }
  for (const { out, attempt } of calls) {
    if (out.type === "model" && out.job === undefined) {
      const again: Call = { out, state: "working", attempt: attempt + 1 };
      node.calls.set(out.callId, again);
      requestModel(tree, node, again);
      continue;
    }
    const told = `${node.path} was restarted while ${out.callId} was under way`;
    post(tree, node, { type: "result", callId: out.callId, result: cancelled(told) });
  }
  for (const out of held) request(tree, node, out as AgentRequest);
}

/**
 * What a machine failed on is not given to it again: of a message or a child it hears nothing
 * more, for a result it gets an error. The loop fails by its model, never on a delivery.
 */
function spare({ birth, path }: Node, failedOn: number): (sent: Sent) => readonly DeliveryBody[] {
  return ({ n, body }) => {
    if (!isOwed(body) || (body.type === "message" && n <= failedOn)) return [];
    if (birth.loop || n !== failedOn) return [body];
    if (body.type !== "result") return [];
    const told = `${path} was restarted because it failed on the result of ${body.callId}`;
    return [{ ...body, result: cancelled(told) }];
  };
}

function isOwed({ type }: DeliveryBody): boolean {
  return type === "message" || type === "child" || type === "result";
}

function cancelled(told: string): CallResult {
  return { isError: true, error: encodeError(new CoppiceError("CANCELLED", told), "CANCELLED") };
}
