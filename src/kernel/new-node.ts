import { Mailbox } from "./mailbox.ts";
import { Names } from "./names.ts";
import { type ChildSpec, join, NO_CHILDREN, type Node } from "./node.ts";
import { SlotQueue } from "./slot-queue.ts";
import { TokenBucket } from "./token-bucket.ts";

/** The identity of a new node, beside its child spec. */
interface NodeHow {
  /** The parent's call that gets the agent's outcome as its result. */
  readonly call?: string | undefined;
  readonly incarnation?: number;
  readonly names?: Names;
  readonly serial?: number;
}

const NO_ASKS: readonly string[] = [];

/** Creates the node of an agent that is still to be started, or the root. */
export function createNode(
  parent: Node | undefined,
  childSpec: ChildSpec,
  { call, incarnation = 1, names = new Names(), serial = 0 }: NodeHow = {},
): Node {
  const path = parent === undefined ? "/" : join(parent.path, childSpec.name);
  const node: Omit<Node, "top"> & { top: Node | undefined } = {
    path,
    serial,
    name: childSpec.name,
    depth: parent === undefined ? 0 : parent.depth + 1,
    parent,
    top: undefined,
    childSpec,
    limits: childSpec.limits,
    children: NO_CHILDREN,
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
    stateAmount: undefined,
    value: undefined,
    timers: undefined,
    timersAt: 0,
    transcript: [],
    turns: 0,
    closed: false,
    paused: false,
    isRootPaused: false,
    ending: undefined,
    finished: undefined,
    end: undefined,
    killed: false,
    endingSince: 0,
    started: false,
    cameUp: false,
    group: undefined,
    comingBack: undefined,
    restartPoint: undefined,
    childRestarts: undefined,
    ownRestarts: undefined,
    deadline: undefined,
    openQuestions: 0,
    timeoutStoppedAt: 0,
    slot: false,
    waitingAt: undefined,
    busy: false,
    idle: undefined,
    turnEnded: undefined,
    waitingRequests: [],
    tells: 0,
    unsaid: 0,
    leaving: undefined,
    room: undefined,
    refusals: undefined,
    asks: NO_ASKS,
    watchers: undefined,
    liveChildren: 0,
    openChildren: 0,
    spawnsBelow: 0,
    spawnLimiter: childSpec.limits.spawnRate ? limiterOf(childSpec.limits.spawnRate) : undefined,
    queuedBelow: 0,
    atWork: 0,
    parked: [],
    foregroundCall: call,
  };
  node.top = parent === undefined || parent.depth === 0 ? (node as Node) : parent.top;
  return node as Node;
}

/** Returns the incarnation and the names of the next agent at a path, after the one before it. */
export function nextAt(before: Node | undefined, parent: Node, name: string): NodeHow {
  before?.names.renew();
  const last = before?.incarnation ?? parent.names.formerly(name);
  return { incarnation: last + 1, names: before?.names ?? new Names(last) };
}

/** Returns a limiter that allows as many spawns at once as in one second. */
function limiterOf(perSecond: number): TokenBucket {
  return new TokenBucket(perSecond, perSecond);
}
