import type { DeliveryBody } from "../wire/delivery.ts";
import type { AgentEnd, Command, Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { JsonAmount } from "../wire/json-bound.ts";
import type { Intensity, Limits, RestartType, Strategy } from "../wire/spec.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import type { End, Ending } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Names } from "./names.ts";
import type { RestartIntensity } from "./restart-intensity.ts";
import type { SlotQueue } from "./slot-queue.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** The phase of an agent. */
export type Status = "queued" | "starting" | "running" | "waiting" | "stopping" | "stopped";

/** The identity of one agent, of any run; its path alone may belong to another agent by now. */
export type NodeKey = Pick<Node, "path" | "serial">;

/** Returns the identity of an agent as plain data. */
export function keyOf({ path, serial }: NodeKey): NodeKey {
  return { path, serial };
}

/** A call that an agent waits for. */
export interface Call {
  readonly command: Extract<Command, { readonly callId: string }>;
  /**
   * `deferred` until the results before it have arrived; `working` while a model streams or a tool
   * runs; `idle` when it needs no slot (it waits for a child, a budget, a person or other agents).
   */
  state: "deferred" | "working" | "idle";
  attempt: number;
  /** The time at which a failed model call is asked for again. */
  until?: number;
  /** True for a model call whose stream may have begun on the agent's own host. */
  permitted?: boolean;
  /** The children that a `wait` reports on. */
  waited?: readonly Node[];
  /** The children of `waited` that have not ended yet. */
  children?: Set<Node>;
  /** The outcomes of the children of `waited` that have ended. */
  reports?: Map<Node, Json>;
  /** The agent whose end a `watch` waits for. */
  watched?: NodeKey;
  /** The ask whose answer the call waits for. */
  askId?: string;
  /** The asked agent, when it is of another run. */
  asked?: NodeKey;
}

/** The part of a new agent's specification that the kernel needs. */
export interface ChildSpec {
  readonly name: string;
  readonly template: string;
  readonly limits: Limits;
  readonly input: Json;
  /** True for the built-in loop, whose messages wait for the end of a turn. */
  readonly loop: boolean;
  readonly lifetime: "task" | "session";
  readonly timeoutMs?: number;
  /** Default: `temporary`. */
  readonly restart?: RestartType;
  /** Default: `input`. */
  readonly restartFrom?: "input" | "snapshot";
  /** The restart strategy for its children. Default: `one-for-one`. */
  readonly strategy?: Strategy;
  /** The restart intensity for its children. */
  readonly intensity?: Intensity;
}

/** The part of an agent that a restart from its snapshot restores. */
export interface RestartPoint {
  /** The length of its transcript. */
  readonly transcript: number;
  /** The calls that it waited for. */
  readonly calls: readonly Call[];
  /** The requests that were deferred for lack of a slot, and so not taken up yet. */
  readonly waitingRequests: readonly Command[];
  /** The output that a loop between turns would have completed with. */
  readonly idle: { readonly output: Json } | undefined;
  /** The deliveries that it had not taken in. */
  readonly owed: readonly DeliveryBody[];
  /** The live background children, whose ends are reported to it after the restart. */
  readonly children: readonly Node[];
  /** The asks that it had taken in and not answered. */
  readonly asks: readonly string[];
}

/** The count of one kind of refusal to one asker. */
export interface Refusals {
  count: number;
  /** The number of refusals that events have reported. */
  reported: number;
  /** The time of the last event. */
  reportedAt: number;
  /** The time of the last refusal. */
  lastAt: number;
  /** The content of the next event, without the refused message. */
  about: Fact;
}

/** The senders that wait for room in one mailbox, in the order in which they came. */
export interface RoomQueue {
  readonly waiting: Set<string>;
  /** The number of senders that were woken and, as far as can be seen, have not sent yet. */
  offered: number;
  /** True while a deadline ends these offers. */
  isDue: boolean;
}

/** A node of the mailbox tree: an agent, or the root, which represents the supervisor. */
export interface Node {
  readonly path: string;
  /** The number in the run's order of spawns; its path may be reused. The root has 0. */
  readonly serial: number;
  readonly name: string;
  readonly depth: number;
  readonly parent: Node | undefined;
  /** The top-level agent above it, or itself; used for fairness. The root's is the root. */
  readonly top: Node;
  childSpec: ChildSpec;
  readonly limits: Limits;
  /** Allocated for the first child: see {@link childrenToChange}. */
  children: ReadonlyMap<string, Node>;
  readonly names: Names;
  readonly mailbox: Mailbox;
  readonly calls: Map<string, Call>;
  readonly queue: SlotQueue<Node>;

  incarnation: number;
  /** The prefix of the ids of all its calls. */
  callPrefix: string;
  status: Status;
  /** The host it lives on, once placed. */
  host: string | undefined;
  /** The host that it has lost, until it lives on another one. */
  lostHost: string | undefined;
  /** The number of hosts that it has lost, for no known cause, since its last step. */
  moves: number;
  /** The state of its last committed frame, from which another host continues. */
  state: Json | undefined;
  /** At least the amount of `state`; allocated for the first change of a whole one. */
  stateAmount: JsonAmount | undefined;
  value: Json | undefined;
  timers: readonly Timer[] | undefined;
  /** The time from which the delays of `timers` count. */
  timersAt: number;
  transcript: TurnMessage[];
  turns: number;

  /** True when its rights are withdrawn; nothing new begins at or below it. */
  closed: boolean;
  paused: boolean;
  /** True for a top-level agent while the supervisor is paused. */
  isRootPaused: boolean;
  /** The cause for which it is being ended. */
  ending: Ending | undefined;
  /** The end, set once the agent has left its host; its children may still be ending. */
  finished: End | undefined;
  /** The end, set once the children have ended too. */
  end: End | undefined;
  /** True when it outlived its grace and was ended by force. */
  killed: boolean;
  /** The time at which its ending began; an older grace does not apply to it. */
  endingSince: number;
  started: boolean;
  /** True when it has come up: only from then on is a failure one that a restart may follow. */
  cameUp: boolean;
  /** The agents that are restarted with it, set from its failure to its restart. */
  group: RestartGroup | undefined;
  /** The group whose next member waits until this one has come up, or has failed to. */
  comingBack: RestartGroup | undefined;
  restartPoint: RestartPoint | undefined;
  /** The counted restarts of its children. */
  childRestarts: RestartIntensity | undefined;
  /** The counted restarts of itself, for a top-level agent. */
  ownRestarts: RestartIntensity | undefined;
  /** The time at which it times out. */
  deadline: number | undefined;
  /** The number of open questions at and below it; its timeout is stopped while there are any. */
  openQuestions: number;
  /** The time at which its timeout was stopped. */
  timeoutStoppedAt: number;

  slot: boolean;
  /** The node at whose queue it waits for a slot. */
  waitingAt: Node | undefined;
  /** True when its last frame said that it was still at work. */
  busy: boolean;
  /** Set when the loop's turn has ended: the output that it would complete with. */
  idle: { readonly output: Json } | undefined;
  /** The same as of its last committed frame; a delivery clears it only once a frame covers it. */
  turnEnded: { readonly output: Json } | undefined;
  /** Requests that are deferred until it has a slot. */
  waitingRequests: Command[];

  /** The number of messages that it has sent without waiting for a result. */
  tells: number;
  /** The number of messages and replies of it that are still to be carried out. */
  unsaid: number;
  /** The end that it has reported, until all that it said before is carried out. */
  leaving: AgentEnd | undefined;

  /** The senders that wait for room in its mailbox; allocated for the first one. */
  room: RoomQueue | undefined;
  /** Refusals to its senders and to itself, by kind; allocated for the first one. */
  refusals: Map<string, Refusals> | undefined;
  /** The asks that it has not answered. */
  asks: readonly string[];
  /** The agents that watch it, by the id of their call; allocated for the first one. */
  watchers: Map<string, NodeKey> | undefined;

  /** The number of children that were started and have not ended. */
  liveChildren: number;
  /** The number of children that have not ended, queued ones included. */
  openChildren: number;
  /** The number of agents ever spawned below it. */
  spawnsBelow: number;
  /** The rate limiter of spawns below it, when its limits give a rate. */
  readonly spawnLimiter: TokenBucket | undefined;
  /** The number of agents below it that wait to be started. */
  queuedBelow: number;
  /** The number of slots that are taken at and below it. */
  atWork: number;
  /** Children whose start waits for a sibling to end. */
  parked: Node[];
  /**
   * The parent's call that gets its outcome, for a foreground child. A background child's outcome
   * is a message to the parent, and a top-level agent's goes to no agent.
   */
  readonly foregroundCall: string | undefined;
}

/** Agents that are restarted together, because one of them failed. */
export interface RestartGroup {
  /** The agents in the order of their starts; they are restarted one after the other. */
  readonly members: readonly Node[];
  /** The members that have not stopped yet. */
  readonly stopping: Set<Node>;
  readonly delayMs: number;
  /** The restarts within the window of the intensity, this one included. */
  readonly restarts: number;
  /** The agent that failed. */
  readonly failed: Node;
  /** The end of the agent that failed. */
  readonly end: End;
}

/** Returns the path of a child. */
export function join(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** The children of a node that never had any. */
export const NO_CHILDREN: ReadonlyMap<string, Node> = new Map();

/** Returns the map of a node's children, to be changed. */
export function childrenToChange(node: Node): Map<string, Node> {
  if (node.children === NO_CHILDREN) node.children = new Map();
  return node.children as Map<string, Node>;
}

/** Visits the nodes of a subtree, parents before their children. */
export function* subtree(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children.values()) yield* subtree(child);
}

/** True when the agent, one of its ancestors or the supervisor is paused. */
export function isPaused(node: Node): boolean {
  if (node.depth === 0) return node.paused;
  for (let at = node; at.parent !== undefined; at = at.parent) if (at.paused) return true;
  return node.top.isRootPaused;
}
