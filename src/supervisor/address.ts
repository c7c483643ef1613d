import type { Standing } from "../authority/standing.ts";
import type { Engine } from "../engine/engine.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import { didYouMean } from "../wire/did-you-mean.ts";

/**
 * Returns the node at a path. Fails with AGENT_UNKNOWN when there is not and never was an agent
 * there.
 */
export function nodeAt({ kernel }: Engine, path: string): Node {
  const node = kernel.find(path);
  if (node !== undefined) return node;
  const isRelative = typeof path === "string" && !path.startsWith("/");
  const hint = isRelative ? `; a path begins with "/"` : "";
  const meant = didYouMean(String(path), kernel.tree.nodes.keys()) || hint;
  throw new CoppiceError("AGENT_UNKNOWN", `there is no agent at "${path}"${meant}`, { path });
}

/** Returns the rights and the account of an agent. Fails with AGENT_UNKNOWN. */
export function standingOf(swarm: Engine, path: string): Standing {
  const node = nodeAt(swarm, path);
  return swarm.record(node.path)?.standing ?? swarm.parts.arbiter.root;
}
