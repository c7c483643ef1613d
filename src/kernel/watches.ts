import { childReport, idleCall, settleCall } from "./calls.ts";
import type { End } from "./end.ts";
import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Has a call wait for the outcome of another agent. Level-triggered: of one that has ended
 * already it is told at once, so that it does not matter who was first.
 */
export function watchEnd(tree: Tree, watcher: Node, callId: string, watched: Node): void {
  const call = watcher.calls.get(callId);
  if (call === undefined) return;
  if (watched.end !== undefined) {
    return tellEnd(tree, watcher, callId, watched, tree.endOf(watched));
  }
  watched.watchers ??= new Map();
  watched.watchers.set(callId, watcher);
  call.watched = watched;
  idleCall(tree, watcher, callId);
}

/** Tells everybody who watches an agent how it ended; its restarts are told to nobody. */
export function settleWatches(tree: Tree, node: Node, end: End): void {
  const { watchers } = node;
  node.watchers = undefined;
  for (const [callId, watcher] of watchers ?? []) tellEnd(tree, watcher, callId, node, end);
}

/** The watcher is gone: those who live on must not keep it. */
export function unwatchAll(watcher: Node): void {
  for (const [callId, { watched }] of watcher.calls) watched?.watchers?.delete(callId);
}

function tellEnd(tree: Tree, watcher: Node, callId: string, node: Node, end: End): void {
  settleCall(tree, watcher, callId, { isError: false, value: childReport(node, end) });
}
