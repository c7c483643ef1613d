import { callerOf, runOf } from "../run-of.ts";
import type { CapabilityNode } from "./node.ts";
import { type CapabilityGrant, type Rule, saveRule } from "./rules.ts";
import { type CapabilityState, type GivenYes, saveYes } from "./state.ts";

/**
 * The nodes at and below a top-level one, and which of their calls are counted, as plain data.
 *
 * **Guarantees** nothing of it depends on other runs, but for what was decided on its own calls.
 */
export function saveCapabilityOf({ nodes, counted }: CapabilityState, run: string): object {
  return {
    nodes: [...nodes.values()].filter(({ path }) => runOf(path) === run).map(saveNodeOf),
    counted: keysOf(counted.keys(), run),
  };
}

/** Those of calls that agents of a run have made: a key begins with the path of its agent. */
export function keysOf(keys: Iterable<string>, run: string): readonly string[] {
  return [...keys].filter((key) => runOf(callerOf(key)) === run);
}

function saveNodeOf({ path, parent, layers, children, answered }: CapabilityNode) {
  return {
    node: path,
    parent: parent?.path ?? null,
    layers: layers.map((rules) => rules.map(saveRuleOf)),
    answered: [...(answered?.values() ?? [])].map(saveYesOf),
    children,
  };
}

/** When something was granted that does not expire, nobody asks. */
function saveRuleOf(rule: Rule): CapabilityGrant {
  const { since, ...saved } = saveRule(rule);
  return saved.expiresMs === undefined || since === undefined ? saved : { ...saved, since };
}

/** Whether the root has taken it back depends on others. */
function saveYesOf(yes: Parameters<typeof saveYes>[0]): GivenYes {
  const { isVoid: _taken, ...saved } = saveYes(yes);
  return saved;
}
