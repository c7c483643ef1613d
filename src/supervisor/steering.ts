import type { Decidable } from "../calls/decision.ts";
import { CoppiceError } from "../errors.ts";
import { keyOf, type NodeKey } from "../kernel/node.ts";
import type { Decided, Decision } from "../wire/approval.ts";
import type { Grant } from "../wire/spec.ts";
import { nodeAt, standingOf } from "./address.ts";
import { Overview } from "./overview.ts";
import type { Shutdown } from "./shutdown.ts";
import type { Swarm } from "./swarm.ts";

/** The methods of a supervisor that change what runs already. */
export abstract class Steering extends Overview {
  readonly #swarm: Swarm;
  readonly #shutdown: Shutdown;

  constructor(swarm: Swarm, shutdown: Shutdown) {
    super(swarm, shutdown);
    this.#swarm = swarm;
    this.#shutdown = shutdown;
  }

  /**
   * Ends a subtree: closes it, signals it, kills what outlives its grace.
   *
   * **Guarantees** nothing below starts any more once it is called; resolves when the last
   * descendant is gone. `/` ends every agent and keeps the supervisor.
   * **Fails with** AGENT_UNKNOWN.
   */
  async cancel(path: string, reason = "cancelled"): Promise<void> {
    const node = nodeAt(this.#swarm, path);
    await this.#shutdown.endAll(node.depth === 0 ? [...node.children.values()] : [node], reason);
  }

  /**
   * Starts nothing new at or below a path until `resume`: no model call, no tool call, no agent.
   *
   * **Guarantees** what runs finishes, messages are kept, and `cancel` works meanwhile.
   * **Fails with** AGENT_UNKNOWN.
   */
  async pause(path: string): Promise<void> {
    const node = nodeAt(this.#swarm, path);
    this.#swarm.take({ type: "pause", agent: keyOf(node) });
  }

  async resume(path: string): Promise<void> {
    const node = nodeAt(this.#swarm, path);
    this.#swarm.take({ type: "resume", agent: keyOf(node) });
  }

  /**
   * Resolves when a message to this agent would be accepted: at once where its mailbox has room.
   *
   * **Guarantees** who waits is woken in the order of the calls, no more at a time than there are
   * free places; one that was woken and sends nothing keeps the next one waiting for 10 ms. At
   * most 10,000 wait for one agent. A restart is no end: who waits goes on waiting.
   * **Fails with** AGENT_STOPPED when it ends, SUPERVISOR_STOPPED, AGENT_UNKNOWN, and MAILBOX_FULL
   * where 10,000 wait already or its `limits.mailbox` is 0.
   * **Gotcha** room is not reserved: another sender may be first, so look at what `tell` answers.
   * @example
   * while (!ref.tell(message)) await supervisor.whenRoom(ref.path);
   */
  async whenRoom(path: string): Promise<void> {
    this.#shutdown.assertRunning();
    const node = nodeAt(this.#swarm, path);
    if (node.depth === 0) throw new CoppiceError("AGENT_UNKNOWN", "no agent lives at /", { path });
    await this.#swarm.take({ type: "await-room", agent: keyOf(node) }).answer;
  }

  /**
   * Decides one question, several alike, or several each with its own decision, at most 10,000:
   * all of them or none. The same decision again has no effect.
   *
   * **Fails with** APPROVAL_UNKNOWN for an id that is unknown, withdrawn or decided otherwise, and
   * OPTIONS_INVALID for what does not answer its question; `details` name its `id` and `index`.
   * Nothing has been decided then.
   */
  decide(id: string | readonly string[], decision: Decision): Promise<void>;
  decide(batch: readonly Decided[]): Promise<void>;
  async decide(what: Decidable, decision?: Decision): Promise<void> {
    const decisions = this.#swarm.approvals.read(what, decision);
    this.#swarm.decide(decisions);
  }

  /**
   * Adds a right to a living agent and so to what it may pass on, from its next request on.
   *
   * **Fails with** OPTIONS_INVALID, AGENT_UNKNOWN, AGENT_STOPPED, SUPERVISOR_STOPPED.
   * **Gotcha** every node above must allow it too: a grant below a denial changes nothing.
   */
  grant(path: string, grant: Grant): void {
    this.#swarm.take({ type: "grant", agent: this.#living(path), grant });
  }

  /**
   * Takes the rights to these subjects (`tool:fs/*`) from a node and from all below it, from the
   * next request on. What runs already is not called back.
   *
   * **Fails with** OPTIONS_INVALID, AGENT_UNKNOWN, AGENT_STOPPED, SUPERVISOR_STOPPED.
   */
  revoke(path: string, pattern: string): void {
    this.#swarm.take({ type: "revoke", agent: this.#living(path), pattern });
  }

  /** One whose rights can still change. */
  #living(path: string): NodeKey {
    this.#shutdown.assertRunning();
    if (!standingOf(this.#swarm, path).closed) return keyOf(nodeAt(this.#swarm, path));
    throw new CoppiceError("AGENT_STOPPED", `${path} has ended`, { path });
  }
}
