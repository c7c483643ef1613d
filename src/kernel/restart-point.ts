import { CoppiceError } from "../errors.ts";
import type { CallResult, DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import { type AgentRequest, childReport, request, requestModel } from "./calls.ts";
import { failAsks } from "./dead-letters.ts";
import { post } from "./dispatch.ts";
import type { Sent } from "./mailbox.ts";
import type { Call, Node } from "./node.ts";
import { denyTell, isTell, restartedError } from "./tells.ts";
import type { Tree } from "./tree.ts";

/**
 * Records the restart point of an agent that restarts from its snapshot, once: when the agent fails
 * or is told to stop for a restart. Frames that are committed later do not change it.
 *
 * @param failedOn the last delivery that the agent had taken in when it failed by itself
 */
export function keepRestartPoint(node: Node, failedOn = 0): void {
  const { childSpec, transcript, waitingRequests, turnEnded: idle, mailbox } = node;
  if (childSpec.restartFrom !== "snapshot" || node.restartPoint !== undefined) return;
  const unread = new Set([...mailbox.user, ...mailbox.unacknowledged.map(({ body }) => body)]);
  const known = new Set([...unread].map((body) => "askId" in body && body.askId));
  const children = [...node.children.values()];
  node.restartPoint = {
    transcript: transcript.length,
    calls: [...node.calls.values()],
    waitingRequests: [...waitingRequests],
    idle,
    owed: [
      ...mailbox.unacknowledged.flatMap(spare(node, failedOn)),
      ...mailbox.system.filter(isOwed),
    ],
    children: children.filter((at) => at.end === undefined && at.foregroundCall === undefined),
    asks: node.asks.filter((askId) => !known.has(askId)),
  };
}

/** Restores mailbox, transcript and asks as of the restart point; later messages are unread. */
export function restoreMail(tree: Tree, node: Node): void {
  const { restartPoint, mailbox } = node;
  mailbox.renew(restartPoint?.owed);
  if (restartPoint === undefined) return;
  node.transcript.length = restartPoint.transcript;
  const unread = mailbox.user.map((body) => "askId" in body && body.askId);
  const known = new Set([...restartPoint.asks, ...unread]);
  failAsks(
    tree,
    node.asks.filter((askId) => !known.has(askId)),
    `${node.path} was restarted before it answered`,
  );
}

/**
 * Takes up what the agent waited for at its restart point. Deliveries that it had not taken in and
 * the ends of its background children are sent, its model call is asked for again, and deferred
 * requests are taken up. Every other call gets the error CANCELLED.
 */
export function resumeCalls(tree: Tree, node: Node): void {
  const { restartPoint } = node;
  node.restartPoint = undefined;
  if (restartPoint === undefined) return;
  const { idle, owed, children, calls, waitingRequests } = restartPoint;
  node.idle = idle;
  node.turnEnded = idle;
  for (const body of owed) if (body.type !== "message") post(tree, node, body);
  for (const child of children) {
    const { path, name } = child;
    const outcome = childReport(child, tree.endOf(child));
    post(tree, node, { type: "child", path, name, outcome });
  }
  for (const { command, attempt } of calls) {
    if (command.type === "model" && command.job === undefined) {
      const again: Call = { command, state: "working", attempt: attempt + 1 };
      node.calls.set(command.callId, again);
      requestModel(tree, node, again);
      continue;
    }
    if (isTell(command)) {
      denyTell(tree, node, command, restartedError(node, command));
      continue;
    }
    const message = `${node.path} was restarted while ${command.callId} was under way`;
    post(tree, node, { type: "result", callId: command.callId, result: cancelled(message) });
  }
  for (const command of waitingRequests) request(tree, node, command as AgentRequest);
}

/**
 * Returns a function that selects what is delivered again. Messages that were taken in before the
 * failure are dropped. A machine does not get the delivery that it failed on either: a child's end
 * is dropped, and a result becomes an error. A loop fails by its model, never on a delivery.
 */
function spare(
  { childSpec, path }: Node,
  failedOn: number,
): (sent: Sent) => readonly DeliveryBody[] {
  return ({ n, body }) => {
    if (!isOwed(body) || (body.type === "message" && n <= failedOn)) return [];
    if (childSpec.loop || n !== failedOn) return [body];
    if (body.type !== "result") return [];
    const message = `${path} was restarted because it failed on the result of ${body.callId}`;
    return [{ ...body, result: cancelled(message) }];
  };
}

function isOwed({ type }: DeliveryBody): boolean {
  return type === "message" || type === "child" || type === "result" || type === "refused";
}

function cancelled(message: string): CallResult {
  return { isError: true, error: encodeError(new CoppiceError("CANCELLED", message), "CANCELLED") };
}
