import type { EventLog } from "../journal/event-log.ts";
import type { Releases } from "../journal/releases.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { Asks } from "./asks.ts";
import type { Containment } from "./containment.ts";
import type { HostRouter } from "./host-router.ts";
import type { Inbox } from "./inbox.ts";
import type { Outside } from "./outside.ts";
import type { Parts } from "./parts.ts";
import type { Runs } from "./runs.ts";

/** The part of the swarm that every handler works with. */
export interface Engine {
  /** The kernel of the run whose step is being taken. */
  readonly kernel: Kernel;
  readonly runs: Runs;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly router: HostRouter;
  readonly asks: Asks;
  readonly contained: Containment;
  readonly parts: Parts;
  /** Publishes what others may see, once the step is over. */
  readonly releases: Releases;
  /** Returns the record of the agent that has this path now. */
  record(path: string): AgentRecord | undefined;
  /** Returns an agent's own record, even when another agent has its path by now. */
  recordOf(node: Node): AgentRecord;
  /** The only entry: everything that happens passes through it. */
  readonly inbox: Inbox;
  /** The port through which a step sees what is not part of its run. */
  readonly outside: Outside;
  /** The date of the current step, in milliseconds since 1970. */
  readonly wall: number;
}
