import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import type { History, Past } from "./history.ts";

/** What an invariant can look at. */
export interface Scene {
  readonly supervisor: Supervisor;
  readonly history: Past;
}

/** As the library's own invariants see it, from the inside. */
export interface InnerScene extends Scene {
  readonly history: History;
  readonly swarm: Swarm;
  /** Timers that have not fired. */
  readonly armed: number;
}

/**
 * Something that must be true in every schedule. Each question answers with what is wrong, or with
 * undefined; it must change nothing.
 */
export interface Invariant<Seen extends Scene = Scene> {
  readonly name: string;
  /** Of each event, before it is part of the history. */
  readonly ofEvent?: (event: RuntimeEvent, scene: Seen) => string | undefined;
  /** After each step. */
  readonly ofStep?: (scene: Seen) => string | undefined;
  /** Once, when nothing can happen any more by itself: every pause over, every timer fired. */
  readonly atRest?: (scene: Seen) => string | undefined;
  /** Once, when the supervisor has stopped. */
  readonly atEnd?: (scene: Seen) => string | undefined;
}
