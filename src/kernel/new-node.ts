import { Mailbox } from "./mailbox.ts";
import { Names } from "./names.ts";
import { type Birth, join, type Node } from "./node.ts";
import { SlotQueue } from "./slot-queue.ts";
import { TokenBucket } from "./token-bucket.ts";

interface NodeHow {
  /** The call whose result its outcome will be. */
  readonly call?: string | undefined;
  readonly incarnation?: number;
  readonly names?: Names;
  readonly serial?: number;
}

export function createNode(
  parent: Node | undefined,
  birth: Birth,
  { call, incarnation = 1, names = new Names(), serial = 0 }: NodeHow = {},
): Node {
  const path = parent === undefined ? "/" : join(parent.path, birth.name);
  const node: Omit<Node, "top"> & { top: Node | undefined } = {
    path,
    serial,
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
