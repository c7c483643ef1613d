import { tightest } from "../kernel/limits.ts";
import type { Node } from "../kernel/node.ts";
import type { InnerScene, Invariant } from "./invariant.ts";

/**
 * A sender that waits for room in a mailbox is woken when there is room, and refused when there
 * never will be.
 */
export const room: Invariant<InnerScene> = {
  name: "nobody waits for room that is there",
  ofStep: ({ swarm }) => {
    for (const node of swarm.kernel.tree.nodes.values()) {
      const wrong = strandedAt(node);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  },
};

function strandedAt(node: Node): string | undefined {
  const { path, end, room: queue, mailbox } = node;
  if (queue === undefined || queue.waiting.size === 0) return undefined;
  const { size } = queue.waiting;
  if (end !== undefined) return `${path} has ended, and ${size} wait for room in its mailbox`;
  const left = tightest(node, "mailbox") - mailbox.waiting;
  if (left <= queue.offered) return undefined;
  return `${path} has room for ${left}, and ${size} wait for it`;
}
