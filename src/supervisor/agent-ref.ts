import type { AgentRecord } from "../engine/agent-record.ts";
import { CoppiceError } from "../errors.ts";
import { keyOf } from "../kernel/node.ts";
import { cloneable } from "../specs/cloneable.ts";
import { MAX_DELAY_MS } from "../wire/clock.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import type { Json, JsonLike } from "../wire/json.ts";
import { readableState } from "../wire/machine-state.ts";
import type { Outcome } from "../wire/outcome.ts";
import { valueKind } from "../wire/value-kind.ts";
import type { Swarm } from "./swarm.ts";

/** A reference to one agent. It stays valid after the agent has ended, and never means another. */
export interface AgentRef<Output = Json> {
  /** `/lead/reviewer-2` */
  readonly path: string;
  /**
   * The outcome of the agent. Never rejects; settles after its last descendant is gone. A restart
   * does not settle it.
   */
  readonly outcome: Promise<Outcome<Output>>;
  /**
   * Sends a message: a user turn for the loop, an event for a machine.
   *
   * **Guarantees** at most one delivery, in order for each sender and receiver.
   * @returns false, and a dead letter, when it cannot be accepted; see {@link whenRoom}
   */
  tell(message: JsonLike): boolean;
  /**
   * Resolves when a message to the agent would be accepted; see `Supervisor.whenRoom`.
   *
   * @example
   * while (!ref.tell(message)) await ref.whenRoom();
   */
  whenRoom(): Promise<void>;
  /**
   * Sends a message and resolves with the single reply.
   *
   * **Guarantees** at most one delivery; a reply after the deadline becomes a dead letter. An ask
   * that a restarted agent had not taken in is answered by its next incarnation.
   * **Fails with** ASK_TIMED_OUT; AGENT_STOPPED when it has ended, or ends or is restarted before
   * it answers; MAILBOX_FULL. What was not delivered is in `details.message`.
   * @param options `timeoutMs`: milliseconds, at least 1
   */
  ask(message: JsonLike, options: { readonly timeoutMs: number }): Promise<Json>;
  /** Cancels the agent and everything below it; resolves when the last of them is gone. */
  cancel(reason?: string): Promise<void>;
  /**
   * The machine's last committed state, as JSON: a date as its text, a map as an object.
   * Its context keeps such values as they are.
   */
  snapshot(): Promise<Json>;
  /** Yields the events of the agent's subtree from now on, up to its `agent.stopped`. */
  events(): AsyncIterableIterator<RuntimeEvent>;
}

export function createAgentRef(
  swarm: Swarm,
  record: AgentRecord,
  cancel: (reason?: string) => Promise<void>,
): AgentRef {
  const { node, outcome } = record;
  const { path } = node;
  return {
    path,
    outcome,
    tell(message) {
      const said = cloneable(message, "the message");
      return swarm.take({ type: "tell", agent: keyOf(node), message: said });
    },
    async whenRoom() {
      await swarm.take({ type: "await-room", agent: keyOf(node) }).answer;
    },
    async ask(message, { timeoutMs } = { timeoutMs: Number.NaN }) {
      const said = cloneable(message, "the message");
      if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_DELAY_MS) {
        const bounds = `a whole number from 1 to ${MAX_DELAY_MS}, not ${valueKind(timeoutMs)}`;
        throw new CoppiceError("OPTIONS_INVALID", `ask: timeoutMs must be ${bounds}`, {
          timeoutMs,
        });
      }
      return swarm.take({ type: "ask", agent: keyOf(node), message: said, timeoutMs }).answer;
    },
    cancel,
    async snapshot() {
      return readableState(swarm.ended.stateOf(node));
    },
    events() {
      const reader = swarm.log.read({ path });
      void outcome.then(() => reader.close());
      return reader;
    },
  };
}
