import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";

/** What the root says to one more agent below it: empty where all is well. */
export interface RootRoom {
  /** What it would be one too many of. */
  readonly refusal?: {
    readonly limit: "spawns" | "spawnRate";
    readonly value: number;
    /** When the next one may start, in milliseconds from now. */
    readonly retryAfterMs?: number;
  };
  /** Of top-level agents: so many live, and no more may. */
  readonly children?: number;
  /** It would have to wait for a slot. */
  readonly isFull?: true;
  /** No more may wait for one. */
  readonly isQueueFull?: true;
  /** Nothing new begins until the supervisor is resumed. */
  readonly isPaused?: true;
}

/**
 * What all runs share of the mailbox tree, as the kernel of one run asks for it: its answers are no
 * part of the run, and are noted for it. What it is only told has no answer; what it cannot give at
 * once it gives {@link Later}.
 */
export interface Commons {
  /** The name of one more top-level agent. Fails with NAME_INVALID. */
  takeName(base: string, chosen: string | undefined): string;
  /** Nobody bears it after all. */
  giveNameBack(base: string): void;
  /** The top-level agent that this may have meant. */
  near(name: string): string | null;
  /** Whether one more agent may be spawned below the root now. */
  room(now: number): RootRoom;
  /** One was, and waits to be started. */
  spawned(now: number): void;
  /** It waits no longer: it was started, or never will be. */
  dequeued(): void;
  /**
   * Whether the root has a slot for the node, which is taken but where it `isBlocked` further down;
   * else it waits for one.
   */
  takeSlot(node: Node, lane: SlotLane, isBlocked: boolean): boolean;
  /** Its slot, or its place in the queue, is free. */
  leaveSlot(node: Node): void;
  /** Whether a top-level agent may be started: else it waits until another one has ended. */
  mayStart(top: Node): boolean;
  /** A top-level agent has ended, also one that was never started. */
  over(top: Node): void;
  /** Whether a suspect may be tried alone now: else it waits for its turn. */
  mayTry(node: Node): boolean;
  /** It has been, or need not be. */
  tried(node: Node): void;
}

/** What was asked for and is there now. */
export type Later =
  | { readonly type: "slot"; readonly node: Node; readonly lane: SlotLane }
  | { readonly type: "start" | "try"; readonly node: Node };
