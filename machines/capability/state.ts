import { answerKey } from "./answers.ts";
import type { AnsweredYes, CapabilityNode } from "./node.ts";
import {
  type CapabilityGrant,
  type CapabilityLayer,
  type CompiledLayers,
  compileLayer,
  holdGrant,
  holdRules,
  type Limit,
  type Rule,
  saveRule,
} from "./rules.ts";

/** The rights of every node. Mutated in place by {@link decideCapability} and by nothing else. */
export interface CapabilityState {
  readonly root: CapabilityNode;
  readonly nodes: Map<string, CapabilityNode>;
  /** Incremented when the rights of a node change, which changes those of all nodes below it. */
  epoch: number;
  readonly compiled: CompiledLayers;
  /** The limits on which each running call was counted, so that its uses can be given back. */
  readonly counted: Map<string, readonly Limit[]>;
}

export interface NewNode {
  readonly node: string;
  readonly layers: readonly CapabilityLayer[];
  /** Milliseconds; without it, grants that expire have already expired. */
  readonly now?: number | undefined;
  /** The yeses that a person has given here before. */
  readonly answered?: readonly GivenYes[] | undefined;
}

/** A subject that is not asked for again: for the node itself, or for all below it as well. */
export interface GivenYes {
  readonly subject: string;
  /** The arguments of the rule that asked. Default: all. */
  readonly where?: string | undefined;
  readonly below: boolean;
  /** The version of the subject at that time; another version is asked for again. */
  readonly version?: string | undefined;
  /** True for a saved yes that the root has revoked since. */
  readonly isVoid?: boolean | undefined;
}

/** The rights as plain JSON, parents before children. */
export interface SavedCapability {
  readonly nodes: readonly (Omit<NewNode, "now"> & { readonly parent: string | null })[];
  /** The calls that were counted and are not over. */
  readonly counted: readonly string[];
}

/** The number of yeses that a node keeps; beyond it the oldest is dropped and asked for again. */
const MAX_ANSWERED = 1000;

const EVERYTHING: CapabilityGrant = { effect: "allow", pattern: "*", use: true, delegate: true };

export function createCapability(asked: NewNode): CapabilityState {
  const compiled: CompiledLayers = new WeakMap();
  const root = createNode(asked, undefined, compiled);
  return { root, nodes: new Map([[asked.node, root]]), epoch: 0, compiled, counted: new Map() };
}

export function nodeOf(state: CapabilityState, path: string): CapabilityNode {
  const node = state.nodes.get(path);
  if (node === undefined) throw new RangeError(`no node is open for ${path}`);
  return node;
}

export function openNode(state: CapabilityState, above: string, asked: NewNode): void {
  if (state.nodes.has(asked.node)) throw new RangeError(`the node ${asked.node} is already open`);
  const parent = nodeOf(state, above);
  state.nodes.set(asked.node, createNode(asked, parent, state.compiled));
  parent.children++;
}

export function closeNode(state: CapabilityState, path: string): void {
  const node = nodeOf(state, path);
  if (node.children > 0 || node.parent === undefined) {
    throw new RangeError(`${path} has ${node.children} open nodes below it`);
  }
  node.parent.children--;
  state.nodes.delete(path);
}

export function changeNode(state: CapabilityState, { node, layers, now }: NewNode): void {
  nodeOf(state, node).layers = read(layers, now, state.compiled);
  state.epoch++;
}

/** Adds a grant to every layer, since each of them must allow. */
export function addGrant(
  state: CapabilityState,
  { node: path, grant, now = Number.NaN }: Addition,
): void {
  const node = nodeOf(state, path);
  const added = (rules: readonly Rule[]) => [...without(rules, grant), holdGrant(grant, now)];
  // A node without a layer narrows nothing: it allows everything except what is revoked now.
  const layers = node.layers.length > 0 ? node.layers : [[holdGrant(EVERYTHING, now)]];
  node.layers = layers.map(added);
  if (grant.effect === "revoke") forgetAnswers(state, node, holdGrant(grant, now).matches);
  state.epoch++;
}

export interface Addition {
  readonly node: string;
  readonly grant: CapabilityGrant;
  readonly now?: number | undefined;
}

/**
 * Remembers a yes; for one subject and its arguments only the last one is kept.
 *
 * @param given whether it was found to apply to all below as well
 * @returns whether it does
 */
export function remember(node: CapabilityNode, answer: GivenYes, given?: boolean): boolean {
  const { subject, where = "", version, isVoid = false } = answer;
  node.answered ??= new Map();
  const key = answerKey(subject, where);
  const before = node.answered.get(key);
  const below = given ?? (answer.below || isWiderBefore(before, version));
  node.answered.delete(key);
  node.answered.set(key, { subject, where, below, version, ...(isVoid && { isVoid }) });
  const [oldest] = node.answered.size > MAX_ANSWERED ? node.answered.keys() : [];
  if (oldest !== undefined) node.answered.delete(oldest);
  return below;
}

function isWiderBefore(before: AnsweredYes | undefined, version: string | undefined): boolean {
  return before?.below === true && !before.isVoid && before.version === version;
}

export function saveCapability({ nodes, counted }: CapabilityState): SavedCapability {
  const saved = [...nodes.values()].map(({ path, parent, layers, answered }) => ({
    node: path,
    parent: parent?.path ?? null,
    layers: layers.map((rules) => rules.map(saveRule)),
    answered: [...(answered?.values() ?? [])].map(saveYes),
  }));
  return { nodes: saved, counted: [...counted.keys()] };
}

export function saveYes({ subject, where, below, version, isVoid }: AnsweredYes): GivenYes {
  return {
    ...{ subject, below },
    ...(where === "" ? {} : { where }),
    ...(version === undefined ? {} : { version }),
    ...(isVoid && { isVoid }),
  };
}

export function restoreCapability({ nodes, counted }: SavedCapability): CapabilityState {
  const [root, ...rest] = nodes;
  if (root === undefined) throw new RangeError("saved rights have at least their root");
  const state = createCapability(root);
  for (const { parent, ...node } of rest) openNode(state, parent ?? root.node, node);
  // It is not known whether they began, so their uses are not given back.
  for (const key of counted) state.counted.set(key, []);
  return state;
}

function createNode(
  { node: path, layers, now, answered }: NewNode,
  parent: CapabilityNode | undefined,
  compiled: CompiledLayers,
): CapabilityNode {
  const node: CapabilityNode = {
    path,
    parent,
    layers: read(layers, now, compiled),
    children: 0,
    known: undefined,
    epoch: 0,
    answered: undefined,
  };
  for (const answer of answered ?? []) remember(node, answer);
  return node;
}

function read(
  layers: readonly CapabilityLayer[],
  now = Number.NaN,
  compiled: CompiledLayers,
): readonly (readonly Rule[])[] {
  return layers.map((layer) => holdRules(compileLayer(layer, compiled), now));
}

/**
 * Removes the grants of the same pattern, which a revocation makes useless, so that revoking does
 * not grow the list.
 */
function without(rules: readonly Rule[], { effect, pattern }: CapabilityGrant): readonly Rule[] {
  if (effect !== "revoke") return rules;
  return rules.filter(({ grant }) => grant.effect === "deny" || grant.pattern !== pattern);
}

/**
 * Drops the yeses that a revocation covers. The state of a run must depend on its own steps alone,
 * so a yes in a run that the root revokes keeps its position, and is void.
 */
function forgetAnswers(
  { nodes }: CapabilityState,
  revoking: CapabilityNode,
  matches: (subject: string) => boolean,
): void {
  for (const node of nodes.values()) {
    if (node.answered === undefined || !isWithin(node, revoking)) continue;
    const isAbove = revoking.parent === undefined && node !== revoking;
    for (const [key, yes] of node.answered) {
      if (!matches(yes.subject)) continue;
      if (isAbove) node.answered.set(key, { ...yes, isVoid: true });
      else node.answered.delete(key);
    }
  }
}

function isWithin(node: CapabilityNode, above: CapabilityNode): boolean {
  for (let at: CapabilityNode | undefined = node; at !== undefined; at = at.parent) {
    if (at === above) return true;
  }
  return false;
}
