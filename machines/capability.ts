import { deciderLogic } from "./decider.ts";
import { compileGlob } from "./glob.ts";

/** A right in full: what it names, and whether it is for the holder or for what it spawns. */
export interface CapabilityGrant {
  readonly effect: "allow" | "deny";
  /** A subject in which `*` stands for any characters. */
  readonly pattern: string;
  readonly use: boolean;
  readonly delegate: boolean;
}

/** Grants that belong together. Every layer of a node must allow: a second one only narrows. */
export type CapabilityLayer = readonly CapabilityGrant[];

interface Rule extends CapabilityGrant {
  readonly matches: (subject: string) => boolean;
}

/** One node's rights. */
export interface CapabilityNode {
  readonly path: string;
  readonly parent: CapabilityNode | undefined;
  layers: readonly (readonly Rule[])[];
  children: number;
  /** Answers for subjects asked before; good while `epoch` is the state's. */
  known: Map<string, CapabilityVerdict> | undefined;
  epoch: number;
}

/** The rights of every node. Mutated in place by {@link decideCapability} and by nothing else. */
export interface CapabilityState {
  readonly root: CapabilityNode;
  readonly nodes: Map<string, CapabilityNode>;
  /** Moves on whenever the rights of a node change, since those of all below it change as well. */
  epoch: number;
  /** Rules by layer, so that a thousand agents of one template share one list. */
  readonly compiled: WeakMap<CapabilityLayer, readonly Rule[]>;
}

export interface NewNode {
  readonly node: string;
  readonly layers: readonly CapabilityLayer[];
}

/** May this node use this subject? */
export interface CapabilityAsk {
  readonly type: "ask";
  readonly node: string;
  readonly subject: string;
  /** Needs no grant but the root's; a deny on the path still takes it away. */
  readonly byDefault?: boolean | undefined;
}

export type CapabilityRequest =
  | CapabilityAsk
  | ({ readonly type: "open"; readonly parent: string } & NewNode)
  | ({ readonly type: "change" } & NewNode)
  | { readonly type: "close"; readonly node: string };

export interface CapabilityDenied {
  readonly status: "denied";
  /** The node that said no, nearest to the asking one. */
  readonly node: string;
  readonly subject: string;
  /** The deny that matched; left out when no grant did. */
  readonly deny?: string;
}

export type CapabilityVerdict = { readonly status: "permitted" } | CapabilityDenied;
export type CapabilityAnswer = CapabilityVerdict | { readonly status: "done" };

export interface CapabilitySummary {
  readonly nodes: number;
  /** How often rights changed. */
  readonly epoch: number;
}

/** The rights as plain JSON, parents before children. */
export interface SavedCapability {
  readonly nodes: readonly (NewNode & { readonly parent: string | null })[];
}

/** How many subjects a node remembers before it forgets them all. */
const MOST_KNOWN = 256;
const PERMITTED = { status: "permitted" } as const;
const DONE = { status: "done" } as const;

export function createCapability({ node, layers }: NewNode): CapabilityState {
  const compiled = new WeakMap<CapabilityLayer, readonly Rule[]>();
  const rules = layers.map((layer) => compile(layer, compiled));
  const root = createNode(node, undefined, rules);
  return { root, nodes: new Map([[node, root]]), epoch: 0, compiled };
}

/**
 * The one way into the rights.
 *
 * **Guarantees** what a node may use, each of its ancestors may pass on; a deny anywhere on the
 * path wins over every allow; the same question has the same answer until rights change.
 * **Fails with** RangeError when a node is opened twice, closed before its children, or not open.
 */
export function decideCapability(state: CapabilityState, request: CapabilityAsk): CapabilityVerdict;
export function decideCapability(
  state: CapabilityState,
  request: CapabilityRequest,
): CapabilityAnswer;
export function decideCapability(
  state: CapabilityState,
  request: CapabilityRequest,
): CapabilityAnswer {
  const path = request.node;
  switch (request.type) {
    case "ask":
      return ask(state, nodeOf(state, path), request.subject, request.byDefault ?? false);
    case "open": {
      if (state.nodes.has(path)) throw new RangeError(`the node ${path} is already open`);
      const parent = nodeOf(state, request.parent);
      const rules = request.layers.map((layer) => compile(layer, state.compiled));
      state.nodes.set(path, createNode(path, parent, rules));
      parent.children++;
      return DONE;
    }
    case "change":
      nodeOf(state, path).layers = request.layers.map((layer) => compile(layer, state.compiled));
      state.epoch++;
      return DONE;
    case "close": {
      const node = nodeOf(state, path);
      if (node.children > 0 || node.parent === undefined) {
        throw new RangeError(`${path} has ${node.children} open nodes below it`);
      }
      node.parent.children--;
      state.nodes.delete(path);
      return DONE;
    }
  }
}

export function saveCapability(state: CapabilityState): SavedCapability {
  const plain = ({ effect, pattern, use, delegate }: Rule) => ({ effect, pattern, use, delegate });
  return {
    nodes: [...state.nodes.values()].map(({ path, parent, layers }) => ({
      node: path,
      parent: parent?.path ?? null,
      layers: layers.map((rules) => rules.map(plain)),
    })),
  };
}

export function restoreCapability({ nodes }: SavedCapability): CapabilityState {
  const [root, ...rest] = nodes;
  if (root === undefined) throw new RangeError("saved rights have at least their root");
  const state = createCapability(root);
  for (const { node, parent, layers } of rest) {
    decideCapability(state, { type: "open", node, parent: parent ?? root.node, layers });
  }
  return state;
}

/** The rights as an XState actor: its input is the root, `{ node: "/", layers }`. */
export const capabilityLogic = deciderLogic<
  CapabilityState,
  CapabilityRequest,
  CapabilityAnswer,
  CapabilitySummary,
  NewNode,
  SavedCapability
>({
  create: createCapability,
  decide: decideCapability,
  summarise: ({ nodes, epoch }) => ({ nodes: nodes.size, epoch }),
  save: saveCapability,
  restore: restoreCapability,
});

function nodeOf(state: CapabilityState, path: string): CapabilityNode {
  const node = state.nodes.get(path);
  if (node === undefined) throw new RangeError(`no node is open for ${path}`);
  return node;
}

function createNode(
  path: string,
  parent: CapabilityNode | undefined,
  layers: CapabilityNode["layers"],
): CapabilityNode {
  return { path, parent, layers, children: 0, known: undefined, epoch: 0 };
}

function compile(layer: CapabilityLayer, compiled: CapabilityState["compiled"]): readonly Rule[] {
  const known = compiled.get(layer);
  if (known !== undefined) return known;
  const rules = layer.map((grant) => ({ ...grant, matches: compileGlob(grant.pattern) }));
  // A list that can still be changed must be read again the next time.
  if (Object.isFrozen(layer)) compiled.set(layer, rules);
  return rules;
}

function ask(
  state: CapabilityState,
  node: CapabilityNode,
  subject: string,
  byDefault: boolean,
): CapabilityVerdict {
  if (byDefault) return walk(node, subject, true);
  if (node.epoch !== state.epoch || (node.known?.size ?? 0) >= MOST_KNOWN) {
    node.known = undefined;
    node.epoch = state.epoch;
  }
  const known = node.known?.get(subject);
  if (known !== undefined) return known;
  const verdict = walk(node, subject, false);
  node.known ??= new Map();
  node.known.set(subject, verdict);
  return verdict;
}

function walk(asking: CapabilityNode, subject: string, byDefault: boolean): CapabilityVerdict {
  let right: "use" | "delegate" = "use";
  for (let node: CapabilityNode | undefined = asking; node !== undefined; node = node.parent) {
    const needsGrant = !byDefault || node.parent === undefined;
    for (const rules of node.layers) {
      let allowed = !needsGrant;
      for (const rule of rules) {
        const counts = rule.effect === "deny" || (!allowed && rule[right]);
        if (!counts || !rule.matches(subject)) continue;
        if (rule.effect === "deny") {
          return { status: "denied", node: node.path, subject, deny: rule.pattern };
        }
        allowed = true;
      }
      if (!allowed) return { status: "denied", node: node.path, subject };
    }
    right = "delegate";
  }
  return PERMITTED;
}
