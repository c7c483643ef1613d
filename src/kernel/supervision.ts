import { CoppiceError, type ErrorDetails } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import { type End, errorOf } from "./end.ts";
import { hasRunOut } from "./holds.ts";
import type { Node, RestartGroup } from "./node.ts";
import { RestartIntensity } from "./restart-intensity.ts";
import type { Tree } from "./tree.ts";

/** What follows from the end of an agent that its supervisor does not accept. */
export type Supervised =
  | {
      readonly type: "restart";
      readonly group: RestartGroup;
      /** Siblings to be stopped, the youngest first; those of the group come back. */
      readonly stop: readonly Node[];
      readonly reason: string;
    }
  | {
      readonly type: "give-up";
      readonly error: WireError;
      readonly stop: readonly Node[];
      readonly reason: string;
      /** True when the supervisor fails with it. */
      readonly escalates: boolean;
    };

/**
 * Decides what becomes of an agent that has just ended by itself: nothing, a restart together
 * with those that its supervisor's strategy names, or, beyond the intensity, an escalation.
 */
export function supervise(tree: Tree, node: Node, end: End): Supervised | undefined {
  if (!comesBack(tree, node, end)) return undefined;
  const supervisor = node.parent as Node;
  const intensity = intensityOf(supervisor, node);
  const granted = intensity.add(tree.now, tree.chance());
  if (granted === undefined) return giveUp(supervisor, node, end, intensity);
  const stop = affected(supervisor, node);
  const back = new Set(stop.filter(isRestarted)).add(node);
  const members = [...supervisor.children.values()].filter((at) => back.has(at));
  const stopping = new Set(members.filter((at) => !isAway(at)));
  const group = { ...granted, members, stopping, failed: node, end };
  const living = stop.filter((at) => !(back.has(at) && isAway(at)));
  return { type: "restart", group, stop: living, reason: `restarted with ${node.path}` };
}

/** Between two incarnations: stopped, and not yet started again. */
export function isAway({ group, ending, finished }: Node): boolean {
  return group !== undefined && ending === undefined && finished === undefined;
}

/** It has ended, or will when its children have. */
function isOver({ end, finished, group }: Node): boolean {
  return end !== undefined || (finished !== undefined && group === undefined);
}

/** Whoever is stopped to be restarted, or may be once it has stopped, reads it then. */
export function takesMail({ depth, closed, group, ending, finished, birth }: Node): boolean {
  if (depth === 0) return false;
  if (!closed || group !== undefined) return true;
  const { restart = "temporary" } = birth;
  if (ending?.status !== "failed" || finished !== undefined) return false;
  return ending.gaveUp ? restart === "permanent" : restart !== "temporary";
}

/** The table of restart types: who is restarted after which end. */
function comesBack(tree: Tree, node: Node, end: End): boolean {
  const { birth, parent, ending } = node;
  const { restart = "temporary" } = birth;
  if (restart === "temporary" || tree.isClosing) return false;
  if (parent === undefined || (parent !== tree.root && parent.closed)) return false;
  // Whoever spawned it is told, as OTP's `start_child` tells.
  if (!node.cameUp) return false;
  if (ending !== undefined && ending.status !== "failed") return false;
  // As OTP's `shutdown`: its supervisor has done what it could.
  if (ending?.gaveUp && restart !== "permanent") return false;
  if (hasRunOut(tree, node)) return false;
  if (end.status === "completed") return restart === "permanent";
  return end.status === "failed" || end.status === "killed";
}

/** Whom the supervisor's strategy stops along, from the youngest to the oldest. */
function affected(supervisor: Node, node: Node): readonly Node[] {
  const { strategy = "one-for-one" } = supervisor.birth;
  if (strategy === "one-for-one") return [];
  const all = [...supervisor.children.values()].filter(
    (at) => at === node || (at.started && !isOver(at)),
  );
  const from = strategy === "one-for-all" ? 0 : all.indexOf(node) + 1;
  return all
    .slice(from)
    .filter((at) => at !== node)
    .reverse();
}

/** Temporary siblings are stopped too, and stay so; so does who was being ended anyway. */
function isRestarted({ birth: { restart = "temporary" }, ending }: Node): boolean {
  return restart !== "temporary" && (ending === undefined || ending.status === "restarting");
}

/**
 * The intensity belongs to the supervising agent. The root counts for each of its children by
 * itself, so that the crash loop of one tenant does not end another's agents.
 */
function intensityOf(supervisor: Node, node: Node): RestartIntensity {
  const keeper = supervisor.depth === 0 ? node : supervisor;
  const at = supervisor.depth === 0 ? "ownRestarts" : "childRestarts";
  const intensity = keeper[at] ?? new RestartIntensity(supervisor.birth.intensity);
  keeper[at] = intensity;
  return intensity;
}

/**
 * One restart too many: the supervisor gives up on all its children, and on itself when the one
 * that failed is permanent. Its own supervisor decides then what becomes of it.
 */
function giveUp(supervisor: Node, node: Node, end: End, { rule }: RestartIntensity): Supervised {
  const { maxRestarts, withinMs } = rule;
  const told = `${node.path} ended ${end.status} after ${maxRestarts} restarts in ${withinMs} ms`;
  const last = errorOf(end);
  const details: ErrorDetails = {
    node: supervisor.path,
    maxRestarts,
    withinMs,
    status: end.status,
    ...(last === undefined ? {} : { last: { code: last.code, message: last.message } }),
  };
  const code = "RESTART_INTENSITY_EXCEEDED";
  const error = encodeError(new CoppiceError(code, told, details), code);
  const isRoot = supervisor.depth === 0;
  const living = [...supervisor.children.values()].filter((at) => at.end === undefined);
  return {
    type: "give-up",
    error,
    stop: isRoot ? [] : living.filter((at) => at !== node).reverse(),
    reason: `the restart intensity of ${supervisor.path} was exceeded`,
    escalates: !isRoot && node.birth.restart === "permanent",
  };
}
