/** What ended a host, and who of those that lived there was at work in that moment. */
export interface Blame {
  /** `not-started`: it ended before it could run anybody. */
  readonly cause: FaultCause | "not-started";
  /** Empty when nobody is known to be at fault. */
  readonly running: readonly Running[];
  /** Hosts like it do not start any more: whoever waited for it waits no longer. */
  readonly isLasting?: true;
}

type FaultCause = "froze" | "out-of-memory" | "exited";

/** An agent that held its host's thread. */
export interface Running {
  readonly path: string;
  readonly incarnation: number;
  /** The last delivery that it had taken in: it is not given to it again. */
  readonly n?: number;
}

/** What a host knows of a fault that ended it. */
export interface HostFault {
  readonly cause: FaultCause;
  /** False where nobody's code can have run there yet. */
  readonly hasRun: boolean;
  /** Who held its thread, as far as it knows. */
  readonly running: readonly Running[];
}

/** What else is known of that host. */
export interface FaultyHost {
  /** The one agent that it was for. */
  readonly resident?: Running | undefined;
  /** Its start had been told. */
  readonly hasStarted: boolean;
}

/** Who is to blame for the end of a host; nobody where the supervisor itself has ended it. */
export function blameFor(fault: HostFault | undefined, host: FaultyHost): Blame | undefined {
  if (fault === undefined) return undefined;
  const { cause, hasRun, running } = fault;
  if (!hasRun) return { cause: "not-started", running: [] };
  if (running.length > 0 || host.resident === undefined) return { cause, running };
  // Whatever befalls the host of one agent once it runs, nobody else can have done it.
  const couldRun = host.hasStarted || cause === "out-of-memory";
  return { cause, running: couldRun ? [host.resident] : running };
}
