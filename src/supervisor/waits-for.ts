import type { Engine } from "../engine/engine.ts";
import type { Node } from "../kernel/node.ts";
import { isAway } from "../kernel/supervision.ts";
import type { WaitsFor } from "./tree-node.ts";

const FIRST: readonly WaitsFor[] = [
  "approval",
  "budget",
  "rate",
  "retry",
  "slot",
  "child",
  "agent",
];

/** Returns the reason why an agent waits; undefined while it works, ends, or is paused. */
export function waitsForOf(swarm: Engine, node: Node): WaitsFor | undefined {
  if (isAway(node)) return "restart";
  if (node.depth === 0 || node.closed) return undefined;
  if (node.status === "queued" || node.waitingAt !== undefined) return "slot";
  if (node.slot || node.status !== "waiting") return undefined;
  const record = swarm.recordOf(node);
  const found = new Set<WaitsFor>();
  for (const [callId, { command, state, until }] of node.calls) {
    if (state !== "idle") continue;
    const { waitsFor } = record.stoppedCalls?.get(callId) ?? {};
    if (waitsFor !== undefined) found.add(waitsFor);
    else if (until !== undefined) found.add("retry");
    else if (command.type === "wait" || spawned(node, callId)) found.add("child");
    else if (command.type === "ask" || command.type === "watch") found.add("agent");
    // The only other reason for an idle call is a question that a person has not answered.
    else found.add("approval");
  }
  if (node.openChildren > 0) found.add("child");
  return FIRST.find((one) => found.has(one)) ?? "mailbox";
}

function spawned(node: Node, callId: string): boolean {
  for (const child of node.children.values()) if (child.foregroundCall === callId) return true;
  return false;
}
