import type { AgentRecord } from "../engine/agent-record.ts";
import { CoppiceError } from "../errors.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { describe } from "../wire/error-codec.ts";
import type { Swarm } from "./swarm.ts";

/** Ends one agent, several agents, or the whole supervisor. */
export class Shutdown {
  readonly #swarm: Swarm;
  #stopping: Promise<void> | undefined;
  #stopped = false;
  readonly #hurry = new AbortController();

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  get phase(): "running" | "stopping" | "stopped" {
    if (this.#stopped) return "stopped";
    return this.#stopping === undefined ? "running" : "stopping";
  }

  assertRunning(): void {
    if (this.phase === "running") return;
    throw new CoppiceError("SUPERVISOR_STOPPED", "the supervisor takes no new agents");
  }

  /** Cancels an agent; resolves when it and all agents below it have ended. */
  async end(record: AgentRecord, why = "cancelled"): Promise<void> {
    // Plain JavaScript may pass an error, or a value that no thread can be sent.
    const reason = describe(why);
    this.#swarm.take({ type: "cancel", agent: keyOf(record.node), reason });
    await record.outcome;
  }

  async endAll(nodes: readonly Node[], reason: string): Promise<void> {
    const records = nodes.map((node) => this.#swarm.recordOf(node));
    await Promise.all(records.map((record) => this.end(record, reason)));
  }

  /** Stops the supervisor; a second call kills all agents that are left. */
  async stop(reason: string, graceMs?: number): Promise<void> {
    if (this.#stopping === undefined) this.#stopping = this.#begin(reason, graceMs);
    else if (!this.#stopped) {
      this.#hurry.abort();
      this.#swarm.take({ type: "kill" });
    }
    await this.#stopping;
  }

  /** Resolves when a stop under way has ended; begins one when there is none. */
  async stopped(): Promise<void> {
    await (this.#stopping ?? this.stop("the supervisor was disposed of"));
  }

  /** Begins the stop; after a failure `stop` may be called again. */
  async #begin(reason: string, graceMs: number | undefined): Promise<void> {
    try {
      await this.#stop(reason, graceMs);
    } catch (thrown) {
      this.#stopping = undefined;
      throw thrown;
    }
  }

  async #stop(reason: string, graceMs: number | undefined): Promise<void> {
    const { root } = this.#swarm.kernel.tree;
    this.#swarm.take({ type: "close-down", graceMs });
    await this.endAll([...root.children.values()], reason);
    const { closeSwarm } = await import("./launch.ts");
    await closeSwarm(this.#swarm, this.#hurry.signal);
    this.#stopped = true;
  }
}
