import type { Intensity, Limits } from "../wire/spec.ts";
import type { Commons, Later } from "./commons-port.ts";
import type { Effect } from "./effects.ts";
import type { End } from "./end.ts";
import { ROOT_LIMITS } from "./limits.ts";
import { createNode } from "./new-node.ts";
import type { Node } from "./node.ts";
import { SharedRoot } from "./shared-root.ts";

export interface GroundOptions {
  readonly limits?: Limits;
  /** Milliseconds between being signalled and being killed. */
  readonly graceMs: number;
  /** Restarts of each top-level agent. */
  readonly intensity?: Intensity | undefined;
  /** From 0 to below 1, for the jitter of restarts. Left out: none. */
  readonly chance?: (() => number) | undefined;
  /** How an agent ended whose node does not say it any more. */
  readonly endOf?: (node: Node) => End | undefined;
}

/** What the runs of one supervisor stand on: each of them has a tree of its own here. */
export interface Ground {
  /** Stands for the supervisor. */
  readonly root: Node;
  /** Every node that is kept, of all runs, by its path. */
  readonly nodes: Map<string, Node>;
  /** Who lives where, of all runs. */
  readonly residents: Map<string, Set<Node>>;
  /** The root as one run asks it. */
  readonly commons: Commons;
  /** What the step under way has decided; one is taken at a time. */
  readonly effects: Effect[];
  /** Nodes that were given a slot and have not gone on yet, and whether some are about to. */
  readonly granted: { readonly nodes: Node[]; isGoingOn: boolean };
  readonly graceMs: number;
  readonly chance: () => number;
  readonly endOf: (node: Node) => End | undefined;
}

export interface LaidGround extends Ground {
  /** The root itself, as the supervisor has it. */
  readonly shared: SharedRoot;
}

/**
 * The ground of a supervisor that has no runs yet.
 *
 * @param ask wraps what a run asks of the root, so that it can be noted
 */
export function layGround(
  { limits, graceMs, intensity, chance = () => 0, endOf = () => undefined }: GroundOptions,
  later: (later: Later) => void,
  ask: (root: SharedRoot) => Commons = (root) => root,
): LaidGround {
  const root = createNode(undefined, {
    name: "",
    template: "",
    limits: { ...ROOT_LIMITS, ...limits },
    input: null,
    loop: false,
    lifetime: "session",
    ...(intensity === undefined ? {} : { intensity }),
  });
  root.status = "running";
  const shared = new SharedRoot(root, later);
  const nodes = new Map([["/", root]]);
  const granted = { nodes: [], isGoingOn: false };
  const step = { effects: [], granted, graceMs, chance, endOf };
  return { root, nodes, residents: new Map(), shared, commons: ask(shared), ...step };
}
