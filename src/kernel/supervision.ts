import { CoppiceError, type ErrorDetails } from "../errors.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import { type End, errorOf } from "./end.ts";
import type { Node, RestartGroup } from "./node.ts";
import { RestartIntensity } from "./restart-intensity.ts";
import { hasRunOut } from "./timeouts.ts";
import type { Tree } from "./tree.ts";

/** A supervisor's verdict on an end that it does not accept. */
export type Supervised =
  | {
      readonly type: "restart";
      readonly group: RestartGroup;
      /** The siblings to stop, the youngest first; the members of the group are restarted. */
      readonly stop: readonly Node[];
      readonly reason: string;
    }
  | {
      readonly type: "give-up";
      readonly error: WireError;
      readonly stop: readonly Node[];
      readonly reason: string;
      /** True when the supervisor fails too. */
      readonly escalates: boolean;
    };

/**
 * Decides about an agent that has just ended: a restart, together with the siblings that the
 * supervisor's strategy names, or giving up, when the intensity is exceeded.
 *
 * @returns undefined when the supervisor accepts the end
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

/** True between two incarnations: the agent has stopped and is not started again yet. */
export function isAway({ group, ending, finished }: Node): boolean {
  return group !== undefined && ending === undefined && finished === undefined;
}

/** True when the agent has ended, or will as soon as its children have. */
function isOver({ end, finished, group }: Node): boolean {
  return end !== undefined || (finished !== undefined && group === undefined);
}

/**
 * True when the agent accepts messages. One that is stopped for a restart accepts them too, as
 * does one that may be restarted once it has stopped; it reads them after the restart.
 */
export function takesMail({ depth, closed, group, ending, finished, childSpec }: Node): boolean {
  if (depth === 0) return false;
  if (!closed || group !== undefined) return true;
  const { restart = "temporary" } = childSpec;
  if (ending?.status !== "failed" || finished !== undefined) return false;
  return ending.gaveUp ? restart === "permanent" : restart !== "temporary";
}

/** True when the agent's restart type asks for a restart after this end, and one is possible. */
export function comesBack(tree: Tree, node: Node, end: Pick<End, "status">): boolean {
  const { childSpec, parent, ending } = node;
  const { restart = "temporary" } = childSpec;
  if (restart === "temporary" || tree.isClosing) return false;
  if (parent === undefined || (parent !== tree.root && parent.closed)) return false;
  // As with OTP's `start_child`: the spawner of an agent that never came up gets the error.
  if (!node.cameUp) return false;
  if (ending !== undefined && ending.status !== "failed") return false;
  // As with OTP's `shutdown`: an agent that gave up on its children has done what it could.
  if (ending?.gaveUp && restart !== "permanent") return false;
  if (hasRunOut(tree, node)) return false;
  if (end.status === "completed") return restart === "permanent";
  return end.status === "failed" || end.status === "killed";
}

/** Returns the siblings that the strategy stops too, from the youngest to the oldest. */
function affected(supervisor: Node, node: Node): readonly Node[] {
  const { strategy = "one-for-one" } = supervisor.childSpec;
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

/** True for a stopped sibling that is restarted: not temporary, and not being ended for good. */
function isRestarted({ childSpec: { restart = "temporary" }, ending }: Node): boolean {
  return restart !== "temporary" && (ending === undefined || ending.status === "restarting");
}

/**
 * Returns the restart count that applies to the agent. It belongs to the supervising agent. The
 * root counts each of its children by itself, so that the crash loop of one top-level agent does
 * not end another one.
 */
function intensityOf(supervisor: Node, node: Node): RestartIntensity {
  const keeper = supervisor.depth === 0 ? node : supervisor;
  const at = supervisor.depth === 0 ? "ownRestarts" : "childRestarts";
  const intensity = keeper[at] ?? new RestartIntensity(supervisor.childSpec.intensity);
  keeper[at] = intensity;
  return intensity;
}

/**
 * Returns the verdict for one restart too many. A supervising agent stops all its children, and
 * fails itself when the failed child is permanent; its own supervisor then decides about it. The
 * root gives up on the failed agent only.
 */
function giveUp(supervisor: Node, node: Node, end: End, { rule }: RestartIntensity): Supervised {
  const { maxRestarts, withinMs } = rule;
  const text = `${node.path} ended ${end.status} after ${maxRestarts} restarts in ${withinMs} ms`;
  const last = errorOf(end);
  const details: ErrorDetails = {
    node: supervisor.path,
    maxRestarts,
    withinMs,
    status: end.status,
    ...(last === undefined ? {} : { last: { code: last.code, message: last.message } }),
  };
  const code = "RESTART_INTENSITY_EXCEEDED";
  const error = encodeError(new CoppiceError(code, text, details), code);
  const isRoot = supervisor.depth === 0;
  const living = [...supervisor.children.values()].filter((at) => at.end === undefined);
  return {
    type: "give-up",
    error,
    stop: isRoot ? [] : living.filter((at) => at !== node).reverse(),
    reason: `the restart intensity of ${supervisor.path} was exceeded`,
    escalates: !isRoot && node.childSpec.restart === "permanent",
  };
}
