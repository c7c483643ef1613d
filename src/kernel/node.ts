import type { Out, Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { Intensity, Limits, RestartType, Strategy } from "../wire/spec.ts";
import type { TurnMessage } from "../wire/transcript.ts";
import type { End, Ending } from "./end.ts";
import type { LastGood } from "./last-good.ts";
import { Mailbox } from "./mailbox.ts";
import { Names } from "./names.ts";
import type { Refusals } from "./refusals.ts";
import type { RestartIntensity } from "./restart-intensity.ts";
import { SlotQueue } from "./slots.ts";
import type { RestartGroup } from "./supervision.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { RoomQueue } from "./user-mail.ts";

export type Status = "queued" | "starting" | "running" | "waiting" | "stopping" | "stopped";

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
  watched?: Node;
  /** The ask whose answer it waits for. */
  askId?: string;
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

/** One place in the mailbox tree: an agent, or the root that stands for the supervisor. */
export interface Node {
  readonly path: string;
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
  readonly queue: SlotQueue;

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
  watchers: Map<string, Node> | undefined;

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

interface NodeHow {
  /** The call whose result its outcome will be. */
  readonly call?: string | undefined;
  readonly incarnation?: number;
  readonly names?: Names;
}

export function createNode(
  parent: Node | undefined,
  birth: Birth,
  { call, incarnation = 1, names = new Names() }: NodeHow = {},
): Node {
  const path = parent === undefined ? "/" : join(parent.path, birth.name);
  const node: Omit<Node, "top"> & { top: Node | undefined } = {
    path,
    name: birth.name,
    depth: parent === undefined ? 0 : parent.depth + 1,
    parent,
    top: undefined,
    birth,
    limits: birth.limits,
    children: new Map(),
    names,
    mailbox: new Mailbox(),
    calls: new Map(),
    queue: new SlotQueue(),
    incarnation,
    callPrefix: `${path}#${incarnation}.`,
    status: "queued",
    host: undefined,
    lostHost: undefined,
    moves: 0,
    state: undefined,
    value: undefined,
    timers: undefined,
    timersAt: 0,
    transcript: [],
    turns: 0,
    closed: false,
    paused: false,
    ending: undefined,
    finished: undefined,
    end: undefined,
    killed: false,
    endingSince: 0,
    started: false,
    cameUp: false,
    group: undefined,
    comingBack: undefined,
    lastGood: undefined,
    childRestarts: undefined,
    ownRestarts: undefined,
    deadline: undefined,
    holds: 0,
    heldAt: 0,
    slot: false,
    waitingAt: undefined,
    busy: false,
    idle: undefined,
    turnEnded: undefined,
    held: [],
    room: undefined,
    refusals: undefined,
    asks: [],
    watchers: undefined,
    liveChildren: 0,
    openChildren: 0,
    spawnsBelow: 0,
    spawnPace: birth.limits.spawnRate ? paceOf(birth.limits.spawnRate) : undefined,
    queuedBelow: 0,
    atWork: 0,
    parked: [],
    foregroundCall: call,
  };
  node.top = parent === undefined || parent.depth === 0 ? (node as Node) : parent.top;
  return node as Node;
}

/** Who comes to a path, after the one before it there and with the names that this one gave. */
export function nextAt(before: Node | undefined, parent: Node, name: string): NodeHow {
  before?.names.renew();
  const last = before?.incarnation ?? parent.names.formerly(name);
  return { incarnation: last + 1, names: before?.names ?? new Names(last) };
}

/** As many at once as may start in a second. */
function paceOf(perSecond: number): TokenBucket {
  return new TokenBucket(perSecond, perSecond);
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
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    if (at.paused) return true;
  }
  return false;
}
