import { CoppiceError } from "../errors.ts";
import type { EventLog } from "../journal/event-log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { describe, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";

/** The path for work that is done for no particular agent. */
export const NOBODY = "/";

/** The engine as a fault needs it: to report the fault and to end the agent. */
interface Faulty {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly releases: { readonly isInStep: boolean };
  readonly inbox: {
    take(fault: { type: "fault"; path: string; doing: string; error: WireError }): unknown;
  };
}

/**
 * Contains the errors of everything that is done for agents: timers, promises, messages of hosts
 * and effects all run through it.
 *
 * **Guarantees** never throws. An error is reported as `runtime.fault`, and ends the agent for
 * which the work was done as `failed`. Other agents and the remaining work continue.
 */
export class Containment {
  readonly #swarm: Faulty;

  constructor(swarm: Faulty) {
    this.#swarm = swarm;
  }

  /**
   * Does the work and contains its errors.
   *
   * @param path the agent for which the work is done, or {@link NOBODY}
   */
  run(path: string, doing: string, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.fault(path, doing, thrown);
    }
  }

  /** Contains the errors of asynchronous work, as {@link run} does. */
  later(path: string, doing: string, work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.fault(path, doing, thrown));
  }

  /** Does several works in order, each contained by itself, as {@link run} does. */
  all(path: string, doing: string, works: readonly (() => void)[]): void {
    for (const work of works) this.run(path, doing, work);
  }

  /** Reports an error as a fault, within the current step or as an input of its own. */
  fault(path: string, doing: string, thrown: unknown): void {
    const error = faultOf(path, doing, thrown);
    const { releases, inbox } = this.#swarm;
    try {
      // A fault within a step is a part of that step.
      if (releases.isInStep) this.tell(path, doing, error);
      else inbox.take({ type: "fault", path, doing, error });
    } catch (again) {
      // Reporting the fault failed too: a process warning shows it, and the process continues.
      const message = `${error.message}; and then: ${describe(again)}`;
      process.emitWarning(message, "CoppiceFaultWarning");
    }
  }

  /** Reports a fault within a step, and ends the agent that it is about. */
  tell(path: string, doing: string, error: WireError): void {
    const { log, kernel } = this.#swarm;
    log.fact("runtime.fault", path, { doing, error: { ...error } });
    const node = kernel.find(path);
    if (node === undefined || node.depth === 0) return;
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}

function faultOf(path: string, doing: string, thrown: unknown): WireError {
  if (thrown instanceof CoppiceError) return encodeError(thrown, "RUNTIME_FAULT");
  const whom = path === NOBODY ? "" : ` for ${path}`;
  const message = `Doing "${doing}"${whom} threw: ${describe(thrown)}`;
  const { stack = "" } = encodeError(thrown, "RUNTIME_FAULT");
  return { ...encodeError(new CoppiceError("RUNTIME_FAULT", message), "RUNTIME_FAULT"), stack };
}
