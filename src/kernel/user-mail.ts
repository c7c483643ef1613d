import { CoppiceError } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { undeliverable } from "./dead-letters.ts";
import { flush } from "./dispatch.ts";
import { tightest } from "./limits.ts";
import type { Node, RoomQueue } from "./node.ts";
import { tellRest } from "./refusals.ts";
import { takesMail } from "./supervision.ts";
import type { Tree } from "./tree.ts";

/** The number of senders that may wait at one full mailbox. */
export const MAX_ROOM_WAITERS = 10_000;

/** Milliseconds for which room is reserved for a woken sender that has not used it. */
const OFFER_MS = 10;

/** Sends a message to an agent; returns false for a refusal, which a dead letter explains. */
export function tell(tree: Tree, to: Node, from: string, message: Json, askId?: string): boolean {
  const isOpen = takesMail(to);
  if (!isOpen || roomIn(to) <= 0) {
    const reason = isOpen ? "its mailbox is full" : "the agent has ended";
    undeliverable(tree, to, { from, to: to.path, reason, message });
    return false;
  }
  const ask = askId === undefined ? {} : { askId };
  to.mailbox.user.push({ type: "message", from, message, ...ask });
  if (to.room !== undefined && to.room.offered > 0) to.room.offered -= 1;
  flush(tree, to);
  return true;
}

/**
 * Answers the ask `waiter` as soon as a message to `to` would be accepted.
 *
 * The ask fails with AGENT_STOPPED when `to` has ended, and with MAILBOX_FULL when the limits allow
 * no mail or {@link MAX_ROOM_WAITERS} senders wait already.
 */
export function awaitRoom(tree: Tree, to: Node, waiter: string): void {
  const room = to.room ?? { waiting: new Set(), offered: 0, isDue: false };
  const no = refusalOf(to, room);
  if (no !== undefined) return refuse(tree, waiter, no);
  to.room = room;
  room.waiting.add(waiter);
  offerRoom(tree, to);
}

/**
 * Wakes the first waiting senders, one for each free place that no other was woken for. Of a
 * thousand senders that wait for one place, one is woken.
 */
export function offerRoom(tree: Tree, to: Node): void {
  const { room } = to;
  if (room === undefined) return;
  let left = roomIn(to) - room.offered;
  for (const waiter of room.waiting) {
    if (left <= 0) break;
    left -= 1;
    room.waiting.delete(waiter);
    room.offered += 1;
    tree.emit({ type: "answer", askId: waiter, value: null });
  }
  if (room.waiting.size === 0 && room.offered === 0) to.room = undefined;
  if (room.offered === 0 || room.isDue) return;
  room.isDue = true;
  tree.deadlines.add(tree.now + OFFER_MS, { type: "room", node: to });
}

/** Ends the offers to woken senders that have sent nothing in time, and wakes the next ones. */
export function lapseOffers(tree: Tree, to: Node): void {
  if (to.room === undefined) return;
  to.room.isDue = false;
  to.room.offered = 0;
  offerRoom(tree, to);
}

/** Offers the room in an agent's mailbox, after a frame of it was committed. */
export function mailTaken(tree: Tree, node: Node): void {
  if (node.room === undefined && node.refusals === undefined) return;
  if (roomIn(node) <= 0) return;
  tellRest(tree, node);
  offerRoom(tree, node);
}

/**
 * Settles the senders that wait for room, after their receiver has stopped. A receiver that still
 * accepts messages may have room now; otherwise the senders are refused.
 */
export function settleRoom(tree: Tree, node: Node): void {
  const { room } = node;
  if (room === undefined) return;
  if (takesMail(node)) return mailTaken(tree, node);
  node.room = undefined;
  const error = ended(node);
  for (const waiter of room.waiting) refuse(tree, waiter, error);
}

function roomIn(node: Node): number {
  return tightest(node, "mailbox") - node.mailbox.waiting;
}

function refusalOf(to: Node, { waiting }: RoomQueue): CoppiceError | undefined {
  if (!takesMail(to)) return ended(to);
  const { path } = to;
  if (tightest(to, "mailbox") === 0) {
    const message = `${path} takes no messages: its limits allow a mailbox of 0`;
    return new CoppiceError("MAILBOX_FULL", message, { path });
  }
  if (waiting.size < MAX_ROOM_WAITERS) return undefined;
  const message = `${MAX_ROOM_WAITERS} senders wait for room in the mailbox of ${path} already`;
  return new CoppiceError("MAILBOX_FULL", message, { path, waiting: MAX_ROOM_WAITERS });
}

function ended({ path }: Node): CoppiceError {
  return new CoppiceError("AGENT_STOPPED", `${path} has ended and takes no messages`, { path });
}

function refuse(tree: Tree, askId: string, error: CoppiceError): void {
  tree.emit({ type: "answer-failed", askId, error: encodeError(error, error.code) });
}
