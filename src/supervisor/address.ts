import type { Seat } from "../authority/seat.ts";
import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import { didYouMean } from "../wire/did-you-mean.ts";

/** Fails with AGENT_UNKNOWN where no agent is, or was, at this path. */
export function nodeAt({ kernel }: Engine, path: string): Node {
  const node = kernel.find(path);
  if (node !== undefined) return node;
  const meant = didYouMean(String(path), kernel.tree.nodes.keys());
  throw new CoppiceError("AGENT_UNKNOWN", `there is no agent at "${path}"${meant}`, { path });
}

/** The rights and the account of an agent. Fails with AGENT_UNKNOWN. */
export function seatOf(swarm: Engine, path: string): Seat {
  const node = nodeAt(swarm, path);
  return swarm.record(node.path)?.seat ?? swarm.parts.arbiter.root;
}
