import type { Node } from "./node.ts";
import type { SlotLane } from "./slot-queue.ts";

/** The root's answer to one more agent below it; empty when the root has no objection. */
export interface RootRoom {
  /** The limit that one more agent would exceed. */
  readonly refusal?: {
    readonly limit: "spawns" | "spawnRate";
    readonly value: number;
    /** Milliseconds from now until the next agent may be spawned. */
    readonly retryAfterMs?: number;
  };
  /** The limit on live top-level agents, set when it is reached. */
  readonly children?: number;
  /** True when the agent would have to wait for a slot. */
  readonly isFull?: true;
  /** True when no more agents may wait for a slot. */
  readonly isQueueFull?: true;
  /** True while the supervisor is paused: nothing new begins until it is resumed. */
  readonly isPaused?: true;
}

/**
 * The part of the mailbox tree that all runs share, as the kernel of one run sees it.
 *
 * Its answers are not part of the run's state, so they are noted with the run's steps. A method
 * without a result only reports a change. What cannot be given at once follows as {@link Later}.
 */
export interface Commons {
  /** Takes the name of one more top-level agent. **Fails with** NAME_INVALID. */
  takeName(base: string, chosen: string | undefined): string;
  /** Frees a name that no agent bears after all. */
  giveNameBack(base: string): void;
  /** Returns the name of the top-level agent that `name` may have meant, or null. */
  near(name: string): string | null;
  /** Returns the root's answer to one more agent below it now. */
  room(now: number): RootRoom;
  /** Counts an agent that was spawned and waits to be started. */
  spawned(now: number): void;
  /** Counts an agent that no longer waits to be started: it was started, or never will be. */
  dequeued(): void;
  /**
   * Takes a slot of the root for the node, or queues the node for one.
   *
   * @param isBlocked true when a node further down is full: a free slot is then not taken
   * @returns true when the root has a free slot
   */
  takeSlot(node: Node, lane: SlotLane, isBlocked: boolean): boolean;
  /** Frees the node's slot, or its place in the queue. */
  leaveSlot(node: Node): void;
  /**
   * Counts a top-level agent as started, or parks it until another one has ended.
   *
   * @returns true when it may be started
   */
  mayStart(top: Node): boolean;
  /** Counts a top-level agent that has ended, even if it was never started. */
  over(top: Node): void;
  /** Returns true when a suspect may run alone now; otherwise the suspect waits for its turn. */
  mayQuarantine(node: Node): boolean;
  /** Ends the quarantine of a suspect, or its wait for one. */
  leftQuarantine(node: Node): void;
}

/** A slot, a start or a quarantine that the root could not give at once, and gives now. */
export type Later =
  | { readonly type: "slot"; readonly node: Node; readonly lane: SlotLane }
  | { readonly type: "start" | "quarantine"; readonly node: Node };
