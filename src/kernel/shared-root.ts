import { nearest } from "../wire/did-you-mean.ts";
import type { Commons, Later, RootRoom } from "./commons-port.ts";
import { countAt, refusalAt } from "./limits.ts";
import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";

/** Agents that are tried at a time, each alone on a host of its own. */
export const TRIALS_AT_ONCE = 4;

/** The root of the mailbox tree: the limits of the supervisor, for which all runs stand in line. */
export class SharedRoot implements Commons {
  readonly #root: Node;
  readonly #later: (later: Later) => void;
  /** Who has a slot, from the moment in which it is given. */
  readonly #holders = new Set<Node>();
  /** Top-level agents that may be started now that another one has ended. */
  readonly #starting = new Set<Node>();
  readonly #trying = new Set<Node>();
  readonly #untried = new Set<Node>();

  /** @param later told, in its order, of what could not be given at once */
  constructor(root: Node, later: (later: Later) => void) {
    this.#root = root;
    this.#later = later;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const [holders, starting] = [this.#holders, this.#starting];
    return { holders, starting, trying: this.#trying, untried: this.#untried };
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
    if (!isBlocked) this.#hold(node);
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

  mayTry(node: Node): boolean {
    if (this.#trying.size >= TRIALS_AT_ONCE) {
      this.#untried.add(node);
      return false;
    }
    this.#trying.add(node);
    return true;
  }

  tried(node: Node): void {
    this.#untried.delete(node);
    if (!this.#trying.delete(node)) return;
    const [next] = this.#untried;
    if (next === undefined) return;
    this.#untried.delete(next);
    this.#trying.add(next);
    this.#later({ type: "try", node: next });
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

  #hold(node: Node): void {
    this.#holders.add(node);
    this.#root.atWork += 1;
  }

  #serve(): void {
    const served: Later[] = [];
    while (!this.#isFull) {
      const next = this.#root.queue.shift();
      if (next === undefined) break;
      this.#hold(next.node);
      served.push({ type: "slot", ...next });
    }
    for (const one of served) this.#later(one);
  }
}
