import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Node } from "./node.ts";
import type { Tree } from "./tree.ts";

/** The number of children that the error names. */
const MAX_NAMED = 20;

/** Returns the error for an unknown agent, with the names that may have been meant. */
export function unknownAgent(tree: Tree, node: Node, name: string): CoppiceError {
  const living = [...node.children.values()].filter((child) => child.end === undefined);
  const known = living.slice(0, MAX_NAMED).map((child) => child.name);
  const whom = known.length === 0 ? "it has no agents" : `its agents are ${known.join(", ")}`;
  const near = [...node.children.keys(), ...siblings(tree, node, name), "parent"];
  const meant = didYouMean(name, near) || `: ${whom}`;
  const message = `${node.path} knows no agent "${name}"${meant}`;
  return new CoppiceError("AGENT_UNKNOWN", message, { name, known });
}

/** Returns the names of siblings that may have been meant; the root answers for other runs. */
function siblings({ commons }: Tree, { depth, parent }: Node, name: string): Iterable<string> {
  if (depth > 1) return parent?.children.keys() ?? [];
  const near = commons.near(name);
  return near === null ? [] : [near];
}
