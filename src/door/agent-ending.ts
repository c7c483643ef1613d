import type { DeliveryBody } from "../wire/delivery.ts";

/**
 * What a machine hears when it is cancelled, runs out of time or turns, or is stopped: its chance
 * to clean up. A machine in whose state no transition names `agent.ending` is stopped at once.
 *
 * **Guarantees** one that takes it goes on, with its own promises and timers, until a final state
 * or the end of `graceMs`; its output becomes the outcome's `partial`, and answers to asks still
 * arrive. How it ends is decided: its outcome is `cancelled`, `timed-out` or `exhausted`, and
 * `killed` when its grace is over first. A second `stop()` leaves it no time.
 * **Gotcha** its rights are withdrawn: every call through the door, those under way too, is done
 * with the error CANCELLED. It is not told when its thread is lost, or ended by force.
 * @example
 * on: { "agent.ending": { target: "#closing" } }
 */
export interface AgentEnding {
  readonly type: "agent.ending";
  /** `cancelled` also where it ends because another agent did, or to be restarted with it. */
  readonly status: Extract<DeliveryBody, { readonly type: "end" }>["status"];
  readonly reason: string;
}
