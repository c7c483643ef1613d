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

/** May this node use this subject? */
export interface CapabilityAsk {
  readonly type: "ask";
  readonly node: string;
  readonly subject: string;
  /** Needs no grant but the root's; a deny on the path still takes it away. */
  readonly byDefault?: boolean | undefined;
  /** What an answer that `depends` is to be asked again with. */
  readonly facts?: Facts | undefined;
  /** Somebody has allowed this one request; a deny still wins. */
  readonly approved?: boolean | undefined;
  /** What the subject is now, where it can change: a remembered yes holds for that alone. */
  readonly version?: string | undefined;
  /** Names the call; one that was counted before is not asked for its uses again. */
  readonly key?: string | undefined;
}

/** Asks, and counts at once every use on the path when it is permitted. */
export interface CapabilityUse extends Omit<CapabilityAsk, "type"> {
  readonly type: "use";
  /** What was answered by a root that is not here: it is counted at all other nodes of the path. */
  readonly given?: CapabilityVerdict | undefined;
}

/** A person has answered: this subject is not asked for again here, or also below. */
export interface CapabilityRemember extends GivenYes {
  readonly type: "remember";
  readonly node: string;
  /** What was answered by a root that is not here. */
  readonly given?: CapabilityRemembered | undefined;
}

/** Whether it holds for all below, which it may have done before. */
export interface CapabilityRemembered {
  readonly status: "remembered";
  readonly below: boolean;
}

export type CapabilityRequest =
  | CapabilityAsk
  | CapabilityUse
  | CapabilityRemember
  /** A call is over; one that never `started` gets its uses back. */
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
  /** How often rights changed. */
  readonly epoch: number;
}

/** How many subjects a node remembers before it forgets them all. */
const MOST_KNOWN = 256;
const DONE = { status: "done" } as const;
const NO_FACTS: Facts = { now: Number.NaN, arguments: [] };

/**
 * The one way into the rights.
 *
 * Each layer of each node decides for itself: a deny that matches refuses; else an ask that
 * matches asks; else an allow allows. What takes away (a deny, an ask) matches when one argument
 * of its `where` may: it is widened, and holds for what is missing or cannot be read. What gives
 * matches when all of them do exactly. An ask gives what it asks about, also where only the options
 * of a command are others, which no remembered yes covers. Of several grants that allow, one
 * without `uses` is taken first, then the first that has some left.
 *
 * **Guarantees** what a node may use, each of its ancestors may pass on; a deny anywhere on the
 * path wins over every ask and allow; uses are counted at every node of the path or at none, and
 * never beyond their number; the same question has the same answer until rights change.
 * **Fails with** RangeError when a node is opened twice, closed too early, not open; for no type.
 */
export function decideCapability(
  state: CapabilityState,
  request: CapabilityAsk | CapabilityUse,
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
    case "ask":
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

type Asked = Omit<CapabilityAsk, "type">;

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

/** The answer, or what it depends on, from what the node remembers. */
function recall(state: CapabilityState, node: CapabilityNode, asked: Asked): CapabilityVerdict {
  const { subject } = asked;
  if (node.epoch !== state.epoch || (node.known?.size ?? 0) >= MOST_KNOWN) {
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
