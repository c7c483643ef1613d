import type { Kernel } from "../kernel/kernel.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isPaused, subtree } from "../kernel/node.ts";
import type { InnerScene, Invariant } from "./invariant.ts";

const betweenLives: Invariant<InnerScene> = {
  name: "nobody is left between two lives",
  atRest: ({ swarm }) => {
    for (const node of subtree(swarm.kernel.tree.root)) {
      const { path, end, group, comingBack, finished, openChildren, leaving, unsaid } = node;
      if (group !== undefined && end !== undefined) return `${path} has ended, and is to come back`;
      if (end !== undefined) continue;
      if (leaving !== undefined && unsaid === 0) return `${path} has left, and has no end`;
      if (unsaid > 0 && !isPaused(node)) return `${path} has said what nobody carries out`;
      if (group !== undefined) return `${path} is to come back, and nobody starts it`;
      if (comingBack !== undefined) return `${path} was started again, and never came up`;
      if (finished !== undefined && openChildren === 0) return `${path} is over without an end`;
    }
    return undefined;
  },
};

const answerable: Invariant<InnerScene> = {
  name: "no wait is unanswerable",
  atRest: ({ swarm }) => {
    for (const node of subtree(swarm.kernel.tree.root)) {
      if (node.end !== undefined) continue;
      for (const [callId, call] of node.calls) {
        const why = unanswerable(swarm.kernel, node, callId, call);
        if (why !== undefined) return `${node.path} waits for ${callId}: ${why}`;
      }
    }
    return undefined;
  },
};

const openBegin: Invariant<InnerScene> = {
  name: "no call begins for the closed",
  ofEvent: ({ type, path }, { swarm }) => {
    if (type !== "model.started" && type !== "tool.started") return undefined;
    const node = swarm.kernel.find(path);
    if (node === undefined) return `${type} of ${path}, whom nobody knows`;
    const isOpen = !node.closed && node.ending === undefined && node.finished === undefined;
    return isOpen ? undefined : `${type} of ${path}, whose rights are withdrawn`;
  },
};

/** Invariants of liveness: every agent still alive can be reached by what it waits for. */
export const lifeInvariants: readonly Invariant<InnerScene>[] = [
  betweenLives,
  answerable,
  openBegin,
];

/**
 * Returns why no answer to an open call can come. At rest only another agent can answer, and only
 * one that is alive and knows that it is awaited.
 */
function unanswerable(kernel: Kernel, node: Node, callId: string, call: Call): string | undefined {
  const { command, children } = call;
  const watched = call.watched && kernel.agent(call.watched);
  switch (command.type) {
    case "wait":
      if (children === undefined || children.size === 0) return "nobody is left to wait for";
      return dead([...children]);
    case "watch":
      if (watched?.watchers?.has(callId) !== true) return "nobody knows of the watch";
      return dead([watched]);
    case "spawn": {
      const all = [...node.children.values()].filter((at) => at.foregroundCall === callId);
      return all.length === 0 ? "there is no such child" : dead(all);
    }
    case "model":
      // A model call that is deferred until results arrive waits for their calls.
      if (call.state === "deferred" && node.calls.size > 1) return undefined;
      return "nobody asks a model for it";
    default:
      return "nobody is asked for it";
  }
}

function dead(awaited: readonly Node[]): string | undefined {
  const over = awaited.find(({ end }) => end !== undefined);
  return over && `${over.path} has ended`;
}
