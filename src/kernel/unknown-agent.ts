import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Of an agent's children, in an error. */
const MOST_NAMED = 20;

/** Says whom the agent could have meant. */
export function unknownAgent(tree: Tree, node: Node, name: string): CoppiceError {
  const living = [...node.children.values()].filter((child) => child.end === undefined);
  const known = living.slice(0, MOST_NAMED).map((child) => child.name);
  const whom = known.length === 0 ? "it has no agents" : `its agents are ${known.join(", ")}`;
  const near = [...node.children.keys(), ...siblings(tree, node, name), "parent"];
  const meant = didYouMean(name, near) || `: ${whom}`;
  const message = `${node.path} knows no agent "${name}"${meant}`;
  return new CoppiceError("AGENT_UNKNOWN", message, { name, known });
}

/** Those that it could have meant; of other runs the root knows. */
function siblings({ commons }: Tree, { depth, parent }: Node, name: string): Iterable<string> {
  if (depth > 1) return parent?.children.keys() ?? [];
  const near = commons.near(name);
  return near === null ? [] : [near];
}
