import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import type { History, Past } from "./history.ts";
import type { SimulatedHosts } from "./simulated-hosts.ts";

/** The objects that an invariant can check. */
export interface Scene {
  readonly supervisor: Supervisor;
  readonly history: Past;
}

/** The scene of the library's own invariants, with the internals of the swarm. */
export interface InnerScene extends Scene {
  readonly history: History;
  readonly swarm: Swarm;
  readonly hosts: SimulatedHosts;
  /** The number of timers that have not fired. */
  readonly armed: number;
}

/**
 * A condition that holds in every schedule. Each method returns a description of the violation, or
 * undefined; it must change nothing.
 */
export interface Invariant<Seen extends Scene = Scene> {
  readonly name: string;
  /** Checks an event before it becomes part of the history. */
  readonly ofEvent?: (event: RuntimeEvent, scene: Seen) => string | undefined;
  /** Checks the state after each step. */
  readonly ofStep?: (scene: Seen) => string | undefined;
  /**
   * Checks once, when nothing can happen any more by itself: every pause is over, every timer
   * fired.
   */
  readonly atRest?: (scene: Seen) => string | undefined;
  /** Checks once, when the supervisor has stopped. */
  readonly atEnd?: (scene: Seen) => string | undefined;
}
