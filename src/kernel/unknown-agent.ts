import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import type { Node } from "./node.ts";

/** Of an agent's children, in an error. */
const MOST_NAMED = 20;

/** Says whom the agent could have meant. */
export function unknownAgent(node: Node, name: string): CoppiceError {
  const living = [...node.children.values()].filter((child) => child.end === undefined);
  const known = living.slice(0, MOST_NAMED).map((child) => child.name);
  const whom = known.length === 0 ? "it has no agents" : `its agents are ${known.join(", ")}`;
  const near = [...node.children.keys(), ...(node.parent?.children.keys() ?? []), "parent"];
  const meant = didYouMean(name, near) || `: ${whom}`;
  const message = `${node.path} knows no agent "${name}"${meant}`;
  return new CoppiceError("AGENT_UNKNOWN", message, { name, known });
}
