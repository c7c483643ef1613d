import type { AgentRecord } from "../engine/agent-record.ts";
import { CoppiceError } from "../errors.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { describe } from "../wire/error-codec.ts";
import type { Swarm } from "./swarm.ts";

/** How one agent, several, and in the end all of it are ended. */
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

  /** Resolves when the agent and all below it are gone. */
  async end(record: AgentRecord, why = "cancelled"): Promise<void> {
    // Plain JavaScript may give an error, or what no thread could be sent.
    const reason = describe(why);
    this.#swarm.take({ type: "cancel", agent: keyOf(record.node), reason });
    await record.outcome;
  }

  async endAll(nodes: readonly Node[], reason: string): Promise<void> {
    const records = nodes.map((node) => this.#swarm.recordOf(node));
    await Promise.all(records.map((record) => this.end(record, reason)));
  }

  /** Ends everything; asked a second time it kills what is still there. */
  async stop(reason: string, graceMs?: number): Promise<void> {
    if (this.#stopping === undefined) this.#stopping = this.#begin(reason, graceMs);
    else if (!this.#stopped) {
      this.#hurry.abort();
      this.#swarm.take({ type: "kill" });
    }
    await this.#stopping;
  }

  /** Resolves when a stop under way has ended; begins one where there is none. */
  async stopped(): Promise<void> {
    await (this.#stopping ?? this.stop("the supervisor was disposed of"));
  }

  /** One that has failed may be asked for again. */
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
    const { land } = await import("./launch.ts");
    await land(this.#swarm, this.#hurry.signal);
    this.#stopped = true;
  }
}
