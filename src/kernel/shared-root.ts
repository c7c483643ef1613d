import { nearest } from "../wire/did-you-mean.ts";
import type { Commons, Later, RootRoom } from "./commons-port.ts";
import { countAt, refusalAt } from "./limits.ts";
import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";

/** The number of suspects that may run alone at a time, each on a host of its own. */
export const MAX_QUARANTINED = 4;

/** The root of the mailbox tree: it applies the supervisor's limits, which all runs share. */
export class SharedRoot implements Commons {
  readonly #root: Node;
  readonly #later: (later: Later) => void;
  /** Nodes that have a slot of the root, from the moment it is given. */
  readonly #holders = new Set<Node>();
  /** Top-level agents that may be started, because another one has ended. */
  readonly #starting = new Set<Node>();
  /** Suspects that run alone now. */
  readonly #inQuarantine = new Set<Node>();
  /** Suspects that wait for their turn. */
  readonly #suspects = new Set<Node>();

  /** @param later receives, in order, what could not be given at once */
  constructor(root: Node, later: (later: Later) => void) {
    this.#root = root;
    this.#later = later;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const [holders, starting] = [this.#holders, this.#starting];
    return { holders, starting, trying: this.#inQuarantine, untried: this.#suspects };
  }

  takeName(base: string, chosen: string | undefined): string {
    const { names } = this.#root;
    return chosen === undefined ? names.make(base) : names.choose(chosen);
  }

  giveNameBack(base: string): void {
    this.#root.names.giveBack(base);
  }

  near(name: string): string | null {
    return nearest(name, this.#root.children.keys()) ?? null;
  }

  room(now: number): RootRoom {
    const { limits, queuedBelow, paused, liveChildren } = this.#root;
    const { queue = Number.POSITIVE_INFINITY, children = Number.POSITIVE_INFINITY } = limits;
    const refusal = refusalAt(this.#root, now);
    return {
      ...(refusal === undefined ? {} : { refusal }),
      ...(liveChildren >= children ? { children } : {}),
      ...(this.#isFull ? { isFull: true } : {}),
      ...(queuedBelow >= queue ? { isQueueFull: true } : {}),
      ...(paused ? { isPaused: true } : {}),
    };
  }

  spawned(now: number): void {
    countAt(this.#root, now);
  }

  dequeued(): void {
    this.#root.queuedBelow -= 1;
  }

  takeSlot(node: Node, lane: SlotLane, isBlocked: boolean): boolean {
    if (this.#isFull) {
      this.#root.queue.push(node, lane);
      return false;
    }
    if (!isBlocked) this.#occupy(node);
    return true;
  }

  leaveSlot(node: Node): void {
    if (!this.#holders.delete(node)) return this.#root.queue.remove(node);
    this.#root.atWork -= 1;
    this.#serve();
  }

  mayStart(top: Node): boolean {
    const { children = Number.POSITIVE_INFINITY } = this.#root.limits;
    this.#starting.delete(top);
    if (this.#root.liveChildren >= children) {
      this.#root.parked.push(top);
      return false;
    }
    this.#root.liveChildren += 1;
    return true;
  }

  over(top: Node): void {
    const { parked } = this.#root;
    const at = parked.indexOf(top);
    if (at !== -1) parked.splice(at, 1);
    if (top.started) this.#root.liveChildren -= 1;
    else if (!this.#starting.delete(top)) return;
    const next = parked.shift();
    if (next === undefined) return;
    this.#starting.add(next);
    this.#later({ type: "start", node: next });
  }

  mayQuarantine(node: Node): boolean {
    if (this.#inQuarantine.size >= MAX_QUARANTINED) {
      this.#suspects.add(node);
      return false;
    }
    this.#inQuarantine.add(node);
    return true;
  }

  leftQuarantine(node: Node): void {
    this.#suspects.delete(node);
    if (!this.#inQuarantine.delete(node)) return;
    const [next] = this.#suspects;
    if (next === undefined) return;
    this.#suspects.delete(next);
    this.#inQuarantine.add(next);
    this.#later({ type: "quarantine", node: next });
  }

  pause(): void {
    this.#root.paused = true;
  }

  resume(): void {
    this.#root.paused = false;
    this.#serve();
  }

  get #isFull(): boolean {
    const { paused, limits, atWork } = this.#root;
    return paused || atWork >= (limits.concurrency ?? Number.POSITIVE_INFINITY);
  }

  #occupy(node: Node): void {
    this.#holders.add(node);
    this.#root.atWork += 1;
  }

  #serve(): void {
    const served: Later[] = [];
    while (!this.#isFull) {
      const next = this.#root.queue.shift();
      if (next === undefined) break;
      this.#occupy(next.node);
      served.push({ type: "slot", ...next });
    }
    for (const one of served) this.#later(one);
  }
}
