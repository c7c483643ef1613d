import type { CapabilityNode } from "./node.ts";
import { type CapabilityLayer, compileLayer, type Right, type Rule } from "./rules.ts";
import { type CapabilityState, nodeOf } from "./state.ts";

/** A question about a node, or about one that would be opened below `parent`. */
export type MayEver = { readonly subject: string } & (
  | { readonly node: string }
  | { readonly parent: string; readonly layers: readonly CapabilityLayer[] }
);

/**
 * Returns true when the subject could be used for some arguments, at some time, with a person's
 * yes: `where`, `ask`, `uses` and `expiresMs` are ignored. Used to choose what an agent is shown;
 * it decides nothing.
 */
export function mayEver(state: CapabilityState, asked: MayEver): boolean {
  const { subject } = asked;
  let node: CapabilityNode | undefined;
  let layers: CapabilityNode["layers"];
  if ("node" in asked) {
    const own = nodeOf(state, asked.node);
    if (own.epoch === state.epoch && own.known?.get(subject)?.status === "permitted") return true;
    ({ layers, parent: node } = own);
  } else {
    layers = asked.layers.map((layer) => compileLayer(layer, state.compiled));
    node = nodeOf(state, asked.parent);
  }
  if (!layers.every((rules) => mayEverPass(rules, "use", subject))) return false;
  for (; node !== undefined; node = node.parent) {
    if (!node.layers.every((rules) => mayEverPass(rules, "delegate", subject))) return false;
  }
  return true;
}

/** Returns true when a layer could let the subject pass for some arguments at some time. */
function mayEverPass(rules: readonly Rule[], right: Right, subject: string): boolean {
  let allowed = false;
  for (const { grant, conditions, matches } of rules) {
    if (!matches(subject)) continue;
    if (grant.effect === "deny" && conditions.length === 0) return false;
    if (grant.effect === "revoke") allowed = false;
    else if (grant.effect === "allow") allowed ||= grant[right];
  }
  return allowed;
}
