/** The cause of a host's end, and the agents that ran on it at that moment. */
export interface Blame {
  /** `not-started`: the host ended before it could run any agent. */
  readonly cause: FaultCause | "not-started";
  /** The agents at fault; empty when none is known. */
  readonly running: readonly Running[];
  /** True when hosts of its kind cannot be started any more; the agents on it then fail. */
  readonly isLasting?: true;
}

type FaultCause = "froze" | "out-of-memory" | "exited";

/** An agent that occupied its host's thread. */
export interface Running {
  readonly path: string;
  readonly incarnation: number;
  /** The last delivery that the agent had taken in; it is not delivered again. */
  readonly n?: number;
}

/** A fault that ended a host, as far as the host handle knows it. */
export interface HostFault {
  readonly cause: FaultCause;
  /** False when no agent's code can have run on the host yet. */
  readonly hasRun: boolean;
  /** The agents that occupied the host's thread, as far as the handle knows. */
  readonly running: readonly Running[];
}

/** The supervisor's own facts about a host that a fault ended. */
export interface FaultyHost {
  /** The one agent of a dedicated host. */
  readonly soleAgent?: Running | undefined;
  /** True when the host had reported its start. */
  readonly hasStarted: boolean;
}

/** Returns the blame for a host's end; undefined when the supervisor itself ended the host. */
export function blameFor(fault: HostFault | undefined, host: FaultyHost): Blame | undefined {
  if (fault === undefined) return undefined;
  const { cause, hasRun, running } = fault;
  if (!hasRun) return { cause: "not-started", running: [] };
  if (running.length > 0 || host.soleAgent === undefined) return { cause, running };
  // Only its one agent can have brought down a dedicated host that was running.
  const couldRun = host.hasStarted || cause === "out-of-memory";
  return { cause, running: couldRun ? [host.soleAgent] : running };
}
