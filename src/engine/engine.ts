import type { EventLog } from "../journal/event-log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";
import type { AgentRecord } from "./agent-record.ts";
import type { Asks } from "./asks.ts";
import type { Containment } from "./containment.ts";
import type { Parts } from "./parts.ts";
import type { Places } from "./places.ts";

/** What everything that is done for an agent works with: handlers see this of the swarm. */
export interface Engine {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly places: Places;
  readonly asks: Asks;
  readonly contained: Containment;
  readonly parts: Parts;
  /** Of the agent that has this path now. */
  record(path: string): AgentRecord | undefined;
  /** An agent's own, also where another one has its path by now. */
  recordOf(node: Node): AgentRecord;
  /** One step: the kernel decides at this time, then all of it is carried out. */
  step<T>(decide: (kernel: Kernel) => T): T;
  /** A step that nobody has called for, and so nobody hears the throw of. */
  act(path: string, doing: string, decide: (kernel: Kernel) => void): void;
}
