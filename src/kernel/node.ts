import type { DeliveryBody } from "../wire/delivery.ts";
import type { Out, Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { Intensity, Limits, RestartType, Strategy } from "../wire/spec.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import type { End, Ending } from "./end.ts";
import type { Fact } from "./fact.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Names } from "./names.ts";
import type { RestartIntensity } from "./restart-intensity.ts";
import type { SlotQueue } from "./slot-queue.ts";
import type { TokenBucket } from "./token-bucket.ts";

export type Status = "queued" | "starting" | "running" | "waiting" | "stopping" | "stopped";

/** One agent for good, of whichever run: a path may be another's by now. */
export type NodeKey = Pick<Node, "path" | "serial">;

export function keyOf({ path, serial }: NodeKey): NodeKey {
  return { path, serial };
}

/** A call that an agent waits for. */
export interface Call {
  readonly out: Extract<Out, { readonly callId: string }>;
  /**
   * `deferred` until the results it rides behind are there; `working` while a model streams or a
   * tool runs; `idle` when it needs no slot (it waits for a child, a budget, other agents).
   */
  state: "deferred" | "working" | "idle";
  attempt: number;
  /** A model call that is asked for again at this time. */
  until?: number;
  /** A model call whose stream may have begun on the agent's own host. */
  permitted?: boolean;
  /** What a `wait` reports on, those of them that have not ended yet, and how the others have. */
  waited?: readonly Node[];
  children?: Set<Node>;
  reports?: Map<Node, Json>;
  /** Whose end it waits for. */
  watched?: NodeKey;
  /** The ask whose answer it waits for, and whom it asked where that is one of another run. */
  askId?: string;
  asked?: NodeKey;
}

/** What the kernel must know of an agent to be born. */
export interface Birth {
  readonly name: string;
  readonly template: string;
  readonly limits: Limits;
  readonly input: Json;
  /** True for the built-in loop, whose messages wait for the end of a turn. */
  readonly loop: boolean;
  readonly lifetime: "task" | "session";
  readonly timeoutMs?: number;
  /** Left out: `temporary`. */
  readonly restart?: RestartType;
  /** Left out: `input`. */
  readonly restartFrom?: "input" | "snapshot";
  /** For its children. Left out: `one-for-one`. */
  readonly strategy?: Strategy;
  readonly intensity?: Intensity;
}

/** What an agent that comes back from its snapshot must find as it was when that was committed. */
export interface LastGood {
  /** How long its transcript was. */
  readonly transcript: number;
  /** What it waited for. */
  readonly calls: readonly Call[];
  /** What it had asked for without a slot, so that nobody has heard of it yet. */
  readonly held: readonly Out[];
  /** What the loop would have completed with, between turns. */
  readonly idle: { readonly output: Json } | undefined;
  /** What it was sent and had not taken in. */
  readonly owed: readonly DeliveryBody[];
  /** Children in the background that lived: it is to hear how they ended. */
  readonly children: readonly Node[];
  /** The asks that stand in it. */
  readonly asks: readonly string[];
}

/** How often one thing was refused to one asker. */
export interface Refusals {
  count: number;
  /** How many of them events have spoken of. */
  told: number;
  toldAt: number;
  lastAt: number;
  /** What the next event says of it, its message left out. */
  about: Fact;
}

/** Those who wait for room in one mailbox, in the order in which they came. */
export interface RoomQueue {
  readonly waiting: Set<string>;
  /** Waiters that were woken and have not sent anything yet, as far as can be seen. */
  offered: number;
  /** Whether the end of these offers is among the deadlines. */
  isDue: boolean;
}

/** One place in the mailbox tree: an agent, or the root that stands for the supervisor. */
export interface Node {
  readonly path: string;
  /** Its number in the order of births: a path may have another one later. 0 is the root. */
  readonly serial: number;
  readonly name: string;
  readonly depth: number;
  readonly parent: Node | undefined;
  /** The top-level agent it belongs to, for fairness; the root is its own. */
  readonly top: Node;
  birth: Birth;
  readonly limits: Limits;
  readonly children: Map<string, Node>;
  readonly names: Names;
  readonly mailbox: Mailbox;
  readonly calls: Map<string, Call>;
  readonly queue: SlotQueue<Node>;

  incarnation: number;
  /** What the ids of all its calls begin with. */
  callPrefix: string;
  status: Status;
  /** The host it lives on, once placed. */
  host: string | undefined;
  /** The one that it has lost, until it lives on another. */
  lostHost: string | undefined;
  /** Hosts lost since its last committed state. */
  moves: number;
  /** What a lost host is made good from: the last committed frame. */
  state: Json | undefined;
  value: Json | undefined;
  timers: readonly Timer[] | undefined;
  /** When their delays began to run. */
  timersAt: number;
  transcript: TurnMessage[];
  turns: number;

  /** Rights withdrawn: nothing below it starts any more. */
  closed: boolean;
  paused: boolean;
  /** Of a top-level agent: the supervisor is paused, and so all of its runs are. */
  isRootPaused: boolean;
  ending: Ending | undefined;
  /** How it ended, while its children still end. */
  finished: End | undefined;
  end: End | undefined;
  killed: boolean;
  /** When its end began: an older grace is not its own. */
  endingSince: number;
  started: boolean;
  /** A first frame was heard of it: what befalls it from then on is a crash. */
  cameUp: boolean;
  /** From its failure to its restart: those that come back together. */
  group: RestartGroup | undefined;
  /** From its restart until it has come up, or will not: the next of them waits for that. */
  comingBack: RestartGroup | undefined;
  lastGood: LastGood | undefined;
  /** Restarts of its children; of itself where it has no supervising agent. */
  childRestarts: RestartIntensity | undefined;
  ownRestarts: RestartIntensity | undefined;
  deadline: number | undefined;
  /** Questions open below it, during which its clock stands, and since when. */
  holds: number;
  heldAt: number;

  slot: boolean;
  /** The node at whose queue it waits for a slot. */
  waitingAt: Node | undefined;
  busy: boolean;
  /** The loop's turn has ended: the text it would complete with. */
  idle: { readonly output: Json } | undefined;
  /** The same, by its last committed frame: what is on its way does not change it. */
  turnEnded: { readonly output: Json } | undefined;
  /** Requests of a frame that came while it had no slot. */
  held: Out[];

  /** Who waits for room in its mailbox; made when somebody does. */
  room: RoomQueue | undefined;
  /** What was refused to senders to it, and to itself, and how often; made when something is. */
  refusals: Map<string, Refusals> | undefined;
  /** Asks it has not answered. */
  asks: readonly string[];
  /** Who waits for its end, by the call that does; made when somebody watches. */
  watchers: Map<string, NodeKey> | undefined;

  /** Children that were started and have not ended; `openChildren` counts queued ones too. */
  liveChildren: number;
  openChildren: number;
  spawnsBelow: number;
  /** How often agents may start below it, where it limits that. */
  readonly spawnPace: TokenBucket | undefined;
  queuedBelow: number;
  atWork: number;
  /** Children whose start waits for a sibling to end. */
  parked: Node[];
  /** Its outcome is a call's result (foreground), a message (background), or nobody's (root's). */
  readonly foregroundCall: string | undefined;
}

/** Agents that come back together, because one of them failed. */
export interface RestartGroup {
  /** In the order in which they were started, in which they come back, one after the other. */
  readonly members: readonly Node[];
  /** Those of them that have not stopped yet. */
  readonly stopping: Set<Node>;
  readonly delayMs: number;
  /** Restarts that the window of the intensity holds, this one included. */
  readonly restarts: number;
  /** The agent that failed, and how. */
  readonly failed: Node;
  readonly end: End;
}

export function join(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** Visits a subtree, parents first. */
export function* subtree(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children.values()) yield* subtree(child);
}

export function isPaused(node: Node): boolean {
  if (node.depth === 0) return node.paused;
  for (let at = node; at.parent !== undefined; at = at.parent) if (at.paused) return true;
  return node.top.isRootPaused;
}
