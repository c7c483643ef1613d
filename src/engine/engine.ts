import type { EventLog } from "../journal/event-log.ts";
import type { Releases } from "../journal/releases.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { Asks } from "./asks.ts";
import type { Containment } from "./containment.ts";
import type { Inbox } from "./inbox.ts";
import type { Outside } from "./outside.ts";
import type { Parts } from "./parts.ts";
import type { Places } from "./places.ts";
import type { Runs } from "./runs.ts";

/** What everything that is done for an agent works with: handlers see this of the swarm. */
export interface Engine {
  /** Of the run whose step is being taken. */
  readonly kernel: Kernel;
  readonly runs: Runs;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly places: Places;
  readonly asks: Asks;
  readonly contained: Containment;
  readonly parts: Parts;
  /** Lets out what others may see, once the step is over. */
  readonly releases: Releases;
  /** Of the agent that has this path now. */
  record(path: string): AgentRecord | undefined;
  /** An agent's own, also where another one has its path by now. */
  recordOf(node: Node): AgentRecord;
  /** The one way in: whatever happens. */
  readonly inbox: Inbox;
  /** What a step looks at while it decides. */
  readonly outside: Outside;
  /** Of the step under way, in milliseconds of the date. */
  readonly wall: number;
}
