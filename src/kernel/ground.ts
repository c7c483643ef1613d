import type { Intensity, Limits } from "../wire/spec.ts";
import type { Commons, Later } from "./commons-port.ts";
import type { Effect } from "./effects.ts";
import type { End } from "./end.ts";
import { ROOT_LIMITS } from "./limits.ts";
import { createNode } from "./new-node.ts";
import type { Node } from "./node.ts";
import { SharedRoot } from "./shared-root.ts";

/** The options of {@link layGround}. */
export interface GroundOptions {
  /** The limits of the whole tree. Default for each: {@link ROOT_LIMITS}. */
  readonly limits?: Limits;
  /** Milliseconds between the order to end and the kill. */
  readonly graceMs: number;
  /** The restart intensity of each top-level agent. */
  readonly intensity?: Intensity | undefined;
  /** Returns a number from 0 to below 1, for the jitter of restarts. Default: no jitter. */
  readonly chance?: (() => number) | undefined;
  /** Returns the whole end of an agent whose node no longer contains it. */
  readonly endOf?: (node: Node) => End | undefined;
}

/** The state that all runs of one supervisor share. Each run has a tree of its own on it. */
export interface Ground {
  /** The node that represents the supervisor. */
  readonly root: Node;
  /** Every kept node of all runs, by its path. */
  readonly nodes: Map<string, Node>;
  /** The agents on each host, of all runs. */
  readonly agentsByHost: Map<string, Set<Node>>;
  /** The shared root, as the kernel of a run sees it. */
  readonly commons: Commons;
  /** The effects of the current step; one step is taken at a time. */
  effects: Effect[];
  /** Nodes that were given a slot and are not resumed yet, and whether a loop resumes them now. */
  readonly granted: { readonly nodes: Node[]; isGoingOn: boolean };
  readonly graceMs: number;
  readonly chance: () => number;
  readonly endOf: (node: Node) => End | undefined;
}

/** A ground together with the root itself. */
export interface LaidGround extends Ground {
  /** The root itself, which only the supervisor uses directly. */
  readonly shared: SharedRoot;
}

/**
 * Creates the ground of a supervisor that has no runs yet.
 *
 * @param later receives what the root could not give at once
 * @param ask wraps the root for the runs, so that its answers can be noted
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
  return { root, nodes, agentsByHost: new Map(), shared, commons: ask(shared), ...step };
}
