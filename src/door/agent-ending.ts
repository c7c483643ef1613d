import type { DeliveryBody } from "../wire/delivery.ts";

/**
 * The event that lets a machine clean up when it is cancelled, runs out of time or turns, or is
 * stopped. A machine in whose state no transition names `agent.ending` is stopped at once.
 *
 * **Guarantees** A machine that takes it continues, with its own promises and timers, until a final
 * state or the end of `graceMs`. Its output becomes the outcome's `partial`, and its answers to
 * asks still arrive. The outcome is decided already: `cancelled`, `timed-out` or `exhausted`, and
 * `killed` when the grace is over first. A second `stop()` leaves it no time.
 * **Gotcha** Its rights are withdrawn: every call through the door, including those under way, is
 * done with the error CANCELLED. The event is not sent when its thread is lost or ended by force.
 * @example
 * on: { "agent.ending": { target: "#closing" } }
 */
export interface AgentEnding {
  readonly type: "agent.ending";
  /** `cancelled` also when it ends because another agent did, or to be restarted with it. */
  readonly status: Extract<DeliveryBody, { readonly type: "end" }>["status"];
  readonly reason: string;
}
