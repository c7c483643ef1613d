import { CoppiceError } from "../errors.ts";
import type { Command } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { buryMail, undeliverable } from "./dead-letters.ts";
import { post, wake } from "./dispatch.ts";
import { isPaused, type Node } from "./node.ts";
import type { Tree } from "./tree.ts";

type Of<Type extends Command["type"]> = Extract<Command, { readonly type: Type }>;

/** A message that an agent sends without waiting for a result. */
export type Tell = Of<"send"> & { readonly isTell: true };

/** The words of an agent to others, which are carried out in their order and before its end. */
export type Saying = Tell | Of<"reply" | "reply.failed">;

export function isTell(command: Command): command is Tell {
  return command.type === "send" && command.isTell === true;
}

export function isSaying(command: Command): command is Saying {
  const { type } = command;
  return type === "reply" || type === "reply.failed" || isTell(command);
}

/** Takes up a message of an agent that waits for no result. */
export function takeTell(tree: Tree, node: Node, { to, message }: Of<"tell">): void {
  node.tells += 1;
  const callId = `${node.callPrefix}tell-${node.tells}`;
  const tell: Tell = { type: "send", callId, to, message, isTell: true };
  if (mayStillTell(node)) pass(tree, node, tell);
  else lapse(tree, node, tell);
}

/**
 * Passes on what an agent says. It needs no slot, but it waits while the agent is paused, and
 * behind earlier requests that wait for one.
 */
export function pass(tree: Tree, node: Node, command: Saying): void {
  node.unsaid += 1;
  const mustWait = node.waitingRequests.length > 0 || isPaused(node);
  if (mustWait && !wake(tree, node)) node.waitingRequests.push(command);
  else tree.emit({ type: "request", node, command });
}

/**
 * False for an agent that has ended, or is being ended for good. One that is restarted has said
 * before what still waits.
 */
export function mayStillTell({ end, finished, ending, group }: Node): boolean {
  if (end !== undefined) return false;
  if (group !== undefined) return true;
  return finished === undefined && (ending === undefined || ending.status === "restarting");
}

/** Reports a message that was not sent, because its sender was ended or restarted. */
export function lapse(
  tree: Tree,
  node: Node,
  { to, message }: Pick<Tell, "to" | "message">,
  why = "its sender was ended before",
): void {
  const letter = {
    from: node.path,
    to: "/",
    reason: `it was not sent to "${to}": ${why}`,
    message,
  };
  undeliverable(tree, node, letter, why);
}

/** Reports messages that the sender's host has refused. */
export function takeRefusal(tree: Tree, node: Node, refused: Of<"tell.refused">): void {
  const { to, reason, message, count } = refused;
  const about = { from: node.path, reason: `it was not sent to "${to}": ${reason}` };
  if (count === undefined) {
    const letter = { ...about, to: "/", ...(message === undefined ? {} : { message }) };
    return undeliverable(tree, node, letter, "refused-on-host");
  }
  tree.deadLetters += count;
  tree.fact("letter.dead", "/", { ...about, count });
}

/** Tells an agent that its message was refused, by the event `send.refused` of its machine. */
export function refuseTell(
  tree: Tree,
  node: Node,
  { to, message }: { readonly to: string; readonly message: Json },
  { code, message: text }: Pick<CoppiceError, "code" | "message">,
): void {
  post(tree, node, { type: "refused", to, message, error: { code, message: text } });
}

/** Refuses a message that no other dead letter reports, and reports it. */
export function denyTell(
  tree: Tree,
  node: Node,
  tell: Tell,
  error: Pick<CoppiceError, "code" | "message">,
): void {
  const { to, message } = tell;
  const letter = { from: node.path, to: "/", reason: `"${to}": ${error.message}`, message };
  undeliverable(tree, node, letter, error.code);
  refuseTell(tree, node, tell, error);
}

/** Drops the requests of an agent that is closed; messages among them are reported. */
export function dropRequests(tree: Tree, node: Node): void {
  const { waitingRequests, restartPoint } = node;
  for (const command of waitingRequests.splice(0)) {
    if (!isSaying(command)) continue;
    node.unsaid -= 1;
    // A restart point keeps them for the next incarnation.
    if (restartPoint === undefined && isTell(command)) lapse(tree, node, command);
  }
}

/** Drops the calls of an agent that has left its host; messages among them are reported. */
export function dropCalls(tree: Tree, node: Node): void {
  const { calls, restartPoint } = node;
  if (restartPoint === undefined) {
    for (const { command } of calls.values()) if (isTell(command)) lapse(tree, node, command);
  }
  calls.clear();
}

/** Reports the mail of an agent that has ended, and what it had still to send. */
export function buryLeft(tree: Tree, node: Node): void {
  buryMail(tree, node, node.mailbox.clear());
  const { waitingRequests = [], calls = [] } = node.restartPoint ?? {};
  for (const command of [...waitingRequests, ...calls.map((call) => call.command)]) {
    if (isTell(command)) lapse(tree, node, command);
  }
}

/** Returns the error of a message that waited for a person when its sender was restarted. */
export function restartedError({ path }: Node, { to }: Tell): CoppiceError {
  const text = `${path} was restarted while its message to "${to}" waited to be allowed`;
  return new CoppiceError("CANCELLED", text);
}
