/// <reference types="node" preserve="true" />
import type { Decidable } from "../calls/decision.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import { NOBODY } from "../engine/containment.ts";
import { CoppiceError } from "../errors.ts";
import { keyOf, type NodeKey } from "../kernel/node.ts";
import { cloneable } from "../specs/cloneable.ts";
import type { SpawnOptions, SupervisorOptions } from "../specs/supervisor-options.ts";
import type { Decided, Decision } from "../wire/approval.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { AgentSpec, Grant } from "../wire/spec.ts";
import { onAbort, unlessAborted } from "./abort.ts";
import { nodeAt, standingOf } from "./address.ts";
import { type AgentRef, createAgentRef } from "./agent-ref.ts";
import type { Surroundings } from "./launch.ts";
import { Overview } from "./overview.ts";
import { Shutdown } from "./shutdown.ts";
import type { Swarm } from "./swarm.ts";

/**
 * Runs swarms of agents: nothing one of them does happens unless every ancestor allows it.
 *
 * **Guarantees** bounded depth, concurrency and spending; `cancel` ends everything below; after
 * `stop` no thread, child process, timer or handle is left.
 * @example
 * await using supervisor = await Supervisor.start({
 *   threads: 0,
 *   agents: { greeter: { model: { provider: "scripted", steps: [{ text: "Hello!" }] } } },
 * });
 * const outcome = await supervisor.run("greeter", { input: "Say hello." });
 */
export class Supervisor extends Overview implements AsyncDisposable {
  readonly #swarm: Swarm;
  readonly #shutdown: Shutdown;
  readonly #unlisten: () => void;

  private constructor(swarm: Swarm, signal: AbortSignal | undefined) {
    // The compiler does not keep JavaScript from a private constructor.
    if ((swarm as Partial<Swarm> | undefined)?.inbox === undefined) {
      const instead = "await Supervisor.start(options) starts one";
      throw new CoppiceError("OPTIONS_INVALID", `new Supervisor: nothing runs yet; ${instead}`);
    }
    const shutdown = new Shutdown(swarm);
    super(swarm, shutdown);
    this.#swarm = swarm;
    this.#shutdown = shutdown;
    const { contained } = swarm;
    this.#unlisten = onAbort(signal, (reason) =>
      contained.later(NOBODY, "stop", this.#shutdown.stop(reason)),
    );
  }

  /**
   * Checks the options, connects the tools, imports the modules, and resolves when agents can run.
   *
   * **Guarantees** when it rejects nothing is left running.
   * **Fails with** OPTIONS_INVALID, TOOL_UNKNOWN, AGENT_UNKNOWN, MACHINE_INVALID, TOOL_FAILED (a
   * `required` MCP server), CANCELLED.
   * @param surroundings for simulations only: see `simulate` of `coppice/testing`
   */
  static async start(
    options: SupervisorOptions = {},
    surroundings?: Surroundings,
  ): Promise<Supervisor> {
    const { checkOptions, land, launch } = await import("./launch.ts");
    checkOptions(options);
    const { signal } = options;
    if (signal?.aborted === true) {
      throw new CoppiceError("CANCELLED", "the signal was aborted before the start");
    }
    const swarm = await launch(options, surroundings);
    if (options.signal?.aborted === true) {
      await land(swarm);
      throw new CoppiceError("CANCELLED", "the signal was aborted during the start");
    }
    return new Supervisor(swarm, signal);
  }

  /**
   * Spawns a top-level agent; resolves when it is accepted: started, or queued for a slot.
   *
   * **Fails with** the refusal: DEPTH_EXCEEDED, SPAWNS_EXCEEDED, CHILDREN_EXCEEDED, QUEUE_FULL,
   * AGENT_UNKNOWN, NAME_INVALID, OPTIONS_INVALID, TOOL_UNKNOWN, MACHINE_INVALID, BUDGET_EXCEEDED
   * (its first model call could not be paid), SUPERVISOR_STOPPED.
   */
  async spawn<Output = Json>(
    agent: string | AgentSpec,
    options: SpawnOptions = {},
  ): Promise<AgentRef<Output>> {
    this.#shutdown.assertRunning();
    this.#swarm.parts.checks.spawn(options);
    const { hosts, registry } = this.#swarm.parts;
    const { signal, input } = options;
    const { signal: _theirs, ...rest } = options;
    const own = input === undefined ? rest : { ...rest, input: cloneable(input, "input") };
    const resolved = registry.resolve(agent, own);
    if (typeof agent !== "string") {
      await unlessAborted(signal, () => hosts.verify(registry.modulesOf(agent)));
    }
    this.#shutdown.assertRunning();
    const aborted = signal?.aborted ? { aborted: describe(signal.reason) } : {};
    const order = { type: "spawn", spec: agent, options: own, resolved, ...aborted } as const;
    const record = this.#swarm.take(order);
    if (!record.hasEnded && signal?.aborted === false) {
      const { contained } = this.#swarm;
      record.release = onAbort(signal, (reason) =>
        contained.later(record.node.path, "abort", this.#shutdown.end(record, reason)),
      );
    }
    return this.#ref<Output>(record);
  }

  /**
   * Spawns an agent and resolves with its outcome; an aborted run resolves `cancelled`.
   *
   * **Fails with** the refusal, as {@link spawn}.
   */
  async run<Output = Json>(
    agent: string | AgentSpec,
    options: SpawnOptions = {},
  ): Promise<Outcome<Output>> {
    return (await this.spawn<Output>(agent, options)).outcome;
  }

  find(path: string): AgentRef | undefined {
    const record = this.#swarm.record(path);
    return record === undefined ? undefined : this.#ref(record);
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

  /**
   * Cancels every agent, then ends every thread, child process and connection.
   *
   * **Guarantees** bounded by `graceMs` and 5 s, whatever agents, tools, servers and listeners do:
   * what outlives `graceMs` is killed. A second call kills at once what the first one waits for.
   * **Fails with** OPTIONS_INVALID; nothing has been stopped then.
   * **Gotcha** a thread in a blocking native call (`execSync`, a read of a pipe) cannot be ended.
   * Its agents are, `stats().stuckThreads` counts it, and Node waits for it when the process
   * exits. The command line ends itself by force then.
   */
  async stop(
    options: { readonly graceMs?: number; readonly mode?: "cancel" | "suspend" } = {},
  ): Promise<void> {
    this.#swarm.parts.checks.stop(options);
    if (options.mode === "suspend") {
      throw new CoppiceError("OPTIONS_INVALID", "stop: without a store nothing can be suspended");
    }
    this.#unlisten();
    await this.#shutdown.stop("the supervisor was stopped", options.graceMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlisten();
    await this.#shutdown.stopped();
  }

  #ref<Output>(record: AgentRecord): AgentRef<Output> {
    return createAgentRef<Output>(this.#swarm, record, (reason) =>
      this.#shutdown.end(record, reason),
    );
  }

  /** One whose rights can still change. */
  #living(path: string): NodeKey {
    this.#shutdown.assertRunning();
    if (!standingOf(this.#swarm, path).closed) return keyOf(nodeAt(this.#swarm, path));
    throw new CoppiceError("AGENT_STOPPED", `${path} has ended`, { path });
  }
}
