import { callerOf, runOf } from "../run-of.ts";
import type { CapabilityNode } from "./node.ts";
import { type CapabilityGrant, type Rule, saveRule } from "./rules.ts";
import { type CapabilityState, type GivenYes, saveYes } from "./state.ts";

/**
 * Returns the nodes at and below a top-level one, and their counted calls, as plain data.
 *
 * **Guarantees** nothing of it depends on other runs, except the decisions on its own calls.
 */
export function saveCapabilityOf({ nodes, counted }: CapabilityState, run: string): object {
  return {
    nodes: [...nodes.values()].filter(({ path }) => runOf(path) === run).map(saveNodeOf),
    counted: keysOf(counted.keys(), run),
  };
}

/** Returns the keys of calls by agents of a run; a key begins with the path of its agent. */
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

/** Leaves out the time of granting of a grant that does not expire, where it has no effect. */
function saveRuleOf(rule: Rule): CapabilityGrant {
  const { since, ...saved } = saveRule(rule);
  return saved.expiresMs === undefined || since === undefined ? saved : { ...saved, since };
}

/** Leaves out whether the root has revoked the yes, since that depends on other runs. */
function saveYesOf(yes: Parameters<typeof saveYes>[0]): GivenYes {
  const { isVoid: _taken, ...saved } = saveYes(yes);
  return saved;
}
