import { deciderLogic, refuseType } from "../decider.ts";
import type { CapabilityNode } from "./node.ts";
import type { CapabilityGrant, Limit } from "./rules.ts";
import {
  addGrant,
  type CapabilityState,
  changeNode,
  closeNode,
  createCapability,
  type GivenYes,
  type NewNode,
  nodeOf,
  openNode,
  remember,
  restoreCapability,
  type SavedCapability,
  saveCapability,
} from "./state.ts";
import type { CapabilityVerdict } from "./verdict.ts";
import { type CapabilityQuestion, dependsOn, type Facts, limitsBelowRoot, walk } from "./walk.ts";

export type {
  ArgumentCondition,
  ArgumentKind,
  ArgumentPattern,
  Finding,
  ReadArgument,
  ReadValue,
  WantedArgument,
} from "./arguments.ts";
export { type MayEver, mayEver } from "./may-ever.ts";
export type { CapabilityGrant, CapabilityLayer } from "./rules.ts";
export { keysOf, saveCapabilityOf } from "./run.ts";
export {
  type CapabilityState,
  createCapability,
  type GivenYes,
  type NewNode,
  restoreCapability,
  type SavedCapability,
  saveCapability,
} from "./state.ts";
export type {
  CapabilityAsking,
  CapabilityDenied,
  CapabilityDepends,
  CapabilityPermitted,
  CapabilityVerdict,
  Lack,
} from "./verdict.ts";
export type { Facts } from "./walk.ts";

/** Asks whether a node may use a subject. */
export interface CapabilityCheck {
  readonly type: "check";
  readonly node: string;
  readonly subject: string;
  /** True when only the root needs a grant for it; a deny on the path still applies. */
  readonly byDefault?: boolean | undefined;
  /** The facts to ask with again after the answer `depends`. */
  readonly facts?: Facts | undefined;
  /** True when a person has allowed this one request; a deny still wins. */
  readonly approved?: boolean | undefined;
  /** The version of a subject that can change; a remembered yes applies to that alone. */
  readonly version?: string | undefined;
  /** Identifies the call; the uses of a call that was counted before are not checked again. */
  readonly key?: string | undefined;
}

/** Asks, and when permitted counts every use on the path at once. */
export interface CapabilityUse extends Omit<CapabilityCheck, "type"> {
  readonly type: "use";
  /** The answer of a root that is absent here; uses are counted at the path's other nodes. */
  readonly given?: CapabilityVerdict | undefined;
}

/** Remembers a person's yes: the subject is not asked for again at this node, or also below it. */
export interface CapabilityRemember extends GivenYes {
  readonly type: "remember";
  readonly node: string;
  /** The answer of a root that is absent here. */
  readonly given?: CapabilityRemembered | undefined;
}

/** The answer to a yes; `below` is true when it, or an earlier one, applies to all below. */
export interface CapabilityRemembered {
  readonly status: "remembered";
  readonly below: boolean;
}

export type CapabilityRequest =
  | CapabilityCheck
  | CapabilityUse
  | CapabilityRemember
  /** Ends a call; one that never `started` gets its uses back. */
  | { readonly type: "release"; readonly key: string; readonly started: boolean }
  | ({ readonly type: "open"; readonly parent: string } & NewNode)
  | ({ readonly type: "change" } & NewNode)
  /** Adds a grant; one of effect `revoke` voids those before it. */
  | {
      readonly type: "grant";
      readonly node: string;
      readonly grant: CapabilityGrant;
      readonly now?: number;
    }
  | { readonly type: "close"; readonly node: string };

export type CapabilityAnswer =
  | CapabilityVerdict
  | CapabilityRemembered
  | { readonly status: "done" };

export interface CapabilitySummary {
  readonly nodes: number;
  /** The number of changes of rights. */
  readonly epoch: number;
}

/** The number of subjects that a node caches before it forgets them all. */
const MAX_KNOWN = 256;
const DONE = { status: "done" } as const;
const NO_FACTS: Facts = { now: Number.NaN, arguments: [] };

/**
 * Decides every request to the rights.
 *
 * Each layer of each node decides for itself: a deny that matches refuses, else an ask that matches
 * asks, else an allow allows. A deny or an ask matches when one argument of its `where` may match:
 * it is widened, and applies to an argument that is missing or cannot be read. An allow matches
 * when all of them match exactly. An ask gives what it asks about, also where only the options of a
 * command differ, which no remembered yes covers. Among several grants that allow, one without
 * `uses` is taken first, then the first that has some left.
 *
 * **Guarantees** what a node may use, each of its ancestors may pass on; a deny anywhere on the
 * path wins over every ask and allow; uses are counted at every node of the path or at none, and
 * never beyond their number; the same question has the same answer until rights change.
 * **Fails with** RangeError when a node is opened twice, closed before its children, or not open,
 * and for an unknown type.
 */
export function decideCapability(
  state: CapabilityState,
  request: CapabilityCheck | CapabilityUse,
): CapabilityVerdict;
export function decideCapability(
  state: CapabilityState,
  request: CapabilityRemember,
): CapabilityRemembered;
export function decideCapability(
  state: CapabilityState,
  request: CapabilityRequest,
): CapabilityAnswer;
export function decideCapability(
  state: CapabilityState,
  request: CapabilityRequest,
): CapabilityAnswer {
  switch (request.type) {
    case "check":
      return ask(state, nodeOf(state, request.node), request);
    case "use":
      return use(state, request);
    case "release":
      release(state, request.key, request.started);
      return DONE;
    case "open":
      openNode(state, request.parent, request);
      return DONE;
    case "change":
      changeNode(state, request);
      return DONE;
    case "grant":
      addGrant(state, request);
      return DONE;
    case "remember":
      return rememberAt(state, request);
    case "close":
      closeNode(state, request.node);
      return DONE;
    default:
      return refuseType(request);
  }
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

type Asked = Omit<CapabilityCheck, "type">;

function rememberAt(state: CapabilityState, asked: CapabilityRemember): CapabilityRemembered {
  const below = remember(nodeOf(state, asked.node), asked, asked.given?.below);
  return { status: "remembered", below };
}

function ask(state: CapabilityState, node: CapabilityNode, asked: Asked): CapabilityVerdict {
  const answer = asked.byDefault ? lookUp(node, asked) : recall(state, node, asked);
  if (answer.status !== "depends" || asked.facts === undefined) return answer;
  return answerTo(state, node, asked);
}

function use(state: CapabilityState, asked: Omit<CapabilityUse, "type">): CapabilityVerdict {
  const node = nodeOf(state, asked.node);
  const answer = asked.given ?? ask(state, node, asked);
  if (answer.status !== "permitted" || !answer.counts) return answer;
  const { key } = asked;
  if (key !== undefined && state.counted.has(key)) return answer;
  const limits = asked.given ? limitsBelowRoot(node, questionOf(state, asked)) : [];
  if (asked.given === undefined) answerTo(state, node, asked, limits);
  for (const limit of limits) limit.used++;
  if (key !== undefined) state.counted.set(key, limits);
  return answer;
}

function release({ counted }: CapabilityState, key: string, started: boolean): void {
  const limits = counted.get(key);
  if (limits === undefined) return;
  counted.delete(key);
  if (!started) for (const limit of limits) limit.used--;
}

function answerTo(
  state: CapabilityState,
  node: CapabilityNode,
  asked: Asked,
  limits?: Limit[],
): CapabilityVerdict {
  return walk(node, questionOf(state, asked), limits);
}

function questionOf(
  { counted: all }: CapabilityState,
  { subject, byDefault = false, facts = NO_FACTS, approved = false, key, version }: Asked,
): CapabilityQuestion {
  const counted = key !== undefined && all.has(key);
  return { subject, byDefault, facts, approved, counted, version };
}

/** Returns the answer, or the arguments that it depends on, from the node's cache. */
function recall(state: CapabilityState, node: CapabilityNode, asked: Asked): CapabilityVerdict {
  const { subject } = asked;
  if (node.epoch !== state.epoch || (node.known?.size ?? 0) >= MAX_KNOWN) {
    node.known = undefined;
    node.epoch = state.epoch;
  }
  const known = node.known?.get(subject);
  if (known !== undefined) return known;
  const verdict = lookUp(node, asked);
  node.known ??= new Map();
  node.known.set(subject, verdict);
  return verdict;
}

function lookUp(node: CapabilityNode, { subject, byDefault = false }: Asked): CapabilityVerdict {
  const depends = dependsOn(node, subject);
  if (depends !== undefined) return depends;
  const plain = { subject, byDefault, facts: NO_FACTS, approved: false, counted: false };
  return walk(node, plain);
}
