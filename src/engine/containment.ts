import { CoppiceError } from "../errors.ts";
import type { EventLog } from "../journal/event-log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { describe, encodeError } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";

/** What is done for nobody in particular. */
export const NOBODY = "/";

/** Where a fault is told, and ends the agent that it befell. */
interface Faulty {
  readonly kernel: Kernel;
  readonly log: EventLog;
  readonly releases: { readonly isHeld: boolean };
  readonly inbox: {
    take(fault: { type: "fault"; path: string; doing: string; error: WireError }): unknown;
  };
}

/**
 * The law that nothing which is done for an agent throws into the process: timers, promises, what
 * hosts say and what effects ask for all pass here.
 *
 * **Guarantees** never throws. What throws is told as `runtime.fault`, and ends the agent for
 * which it was done as `failed`; everybody else goes on, and so does what was left to do.
 */
export class Containment {
  readonly #swarm: Faulty;

  constructor(swarm: Faulty) {
    this.#swarm = swarm;
  }

  /** @param path of the agent that it is done for, or {@link NOBODY} */
  run(path: string, doing: string, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.fault(path, doing, thrown);
    }
  }

  /** As {@link run}, for what ends later. */
  later(path: string, doing: string, work: Promise<unknown>): void {
    work.catch((thrown: unknown) => this.fault(path, doing, thrown));
  }

  /** Each of several things, whatever becomes of the others. */
  all(path: string, doing: string, works: readonly (() => void)[]): void {
    for (const work of works) this.run(path, doing, work);
  }

  fault(path: string, doing: string, thrown: unknown): void {
    const error = faultOf(path, doing, thrown);
    const { releases, inbox } = this.#swarm;
    try {
      // What befalls a step is a part of it.
      if (releases.isHeld) this.tell(path, doing, error);
      else inbox.take({ type: "fault", path, doing, error });
    } catch (again) {
      // Not even that could be told or done: people see it, and the process goes on.
      const told = `${error.message}; and then: ${describe(again)}`;
      process.emitWarning(told, "CoppiceFaultWarning");
    }
  }

  /** Tells of a fault within a step, and ends whom it befell. */
  tell(path: string, doing: string, error: WireError): void {
    const { log, kernel } = this.#swarm;
    log.fact("runtime.fault", path, { doing, error: { ...error } as Json });
    const node = kernel.find(path);
    if (node === undefined || node.depth === 0) return;
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}

function faultOf(path: string, doing: string, thrown: unknown): WireError {
  if (thrown instanceof CoppiceError) return encodeError(thrown, "RUNTIME_FAULT");
  const whom = path === NOBODY ? "" : ` for ${path}`;
  const told = `Doing "${doing}"${whom} threw: ${describe(thrown)}`;
  const { stack = "" } = encodeError(thrown, "RUNTIME_FAULT");
  return { ...encodeError(new CoppiceError("RUNTIME_FAULT", told), "RUNTIME_FAULT"), stack };
}
