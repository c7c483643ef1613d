import { childReport, idleCall, settleCall } from "./calls.ts";
import type { End } from "./end.ts";
import { keyOf, type Node, type NodeKey } from "./node.ts";
import type { Tree } from "./tree.ts";

/**
 * Makes a call wait for the outcome of another agent. The watch is level-triggered: an end that has
 * already happened is reported at once, so the order of watch and end does not matter.
 */
export function watchEnd(tree: Tree, watcher: Node, callId: string, watched: Node): void {
  const call = watcher.calls.get(callId);
  if (call === undefined) return;
  if (watched.end !== undefined) {
    return tellEnd(tree, watcher, callId, watched, tree.endOf(watched));
  }
  addWatcher(watched, callId, watcher);
  call.watched = watched;
  idleCall(tree, watcher, callId);
}

/** Makes a call wait for the outcome of an agent of another run, which arrives as a letter. */
export function watchFar(tree: Tree, watcher: Node, callId: string, watched: NodeKey): void {
  const call = watcher.calls.get(callId);
  if (call === undefined) return;
  call.watched = watched;
  tree.emit({ type: "letter", to: watched, letter: { type: "watch", callId, by: keyOf(watcher) } });
  idleCall(tree, watcher, callId);
}

/** Adds a watcher of another run; an end that has already happened is reported at once. */
export function watchedFromFar(tree: Tree, node: Node, callId: string, watcher: NodeKey): void {
  if (node.end === undefined) return addWatcher(node, callId, watcher);
  tellEnd(tree, watcher, callId, node, tree.endOf(node));
}

/** Reports an agent's end to all its watchers; restarts are not reported. */
export function settleWatches(tree: Tree, node: Node, end: End): void {
  const { watchers } = node;
  node.watchers = undefined;
  for (const [callId, watcher] of watchers ?? []) tellEnd(tree, watcher, callId, node, end);
}

/** Removes the watches of an agent that has ended, so that living agents do not retain it. */
export function unwatchAll(tree: Tree, watcher: Node): void {
  for (const [callId, { watched }] of watcher.calls) {
    if (watched === undefined) continue;
    if (isHere(watched)) watched.watchers?.delete(callId);
    else tree.emit({ type: "letter", to: watched, letter: { type: "unwatch", callId } });
  }
}

function addWatcher(node: Node, callId: string, watcher: NodeKey): void {
  node.watchers ??= new Map();
  node.watchers.set(callId, watcher);
}

function tellEnd(tree: Tree, watcher: NodeKey, callId: string, node: Node, end: End): void {
  const value = childReport(node, end);
  if (isHere(watcher)) return settleCall(tree, watcher, callId, { isError: false, value });
  tree.emit({ type: "letter", to: watcher, letter: { type: "ended", callId, value } });
}

/** True for an agent of the same run, which is the node itself and not only its identity. */
function isHere(one: NodeKey): one is Node {
  return "mailbox" in one;
}
