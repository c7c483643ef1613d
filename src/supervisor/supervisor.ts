import type { AgentRecord } from "../engine/agent-record.ts";
import { NOBODY } from "../engine/containment.ts";
import { CoppiceError } from "../errors.ts";
import type {
  AnyAgents,
  AnySchemas,
  Expected,
  OutputOf,
  SpawnNames,
  Written,
} from "../specs/agent-types.ts";
import { cloneable } from "../specs/cloneable.ts";
import type { SpawnOptions, SupervisorOptions } from "../specs/supervisor-options.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json, JsonSchema } from "../wire/json.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { AgentSpec } from "../wire/spec.ts";
import { onAbort, unlessAborted } from "./abort.ts";
import { type AgentRef, createAgentRef } from "./agent-ref.ts";
import type { Surroundings } from "./launch.ts";
import { Shutdown } from "./shutdown.ts";
import { Steering } from "./steering.ts";
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
export class Supervisor<
    Agents = AnyAgents,
    ToolName extends string = string,
    Label extends string = string,
  >
  extends Steering
  implements AsyncDisposable
{
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
  static async start<
    const Schemas extends AnySchemas = AnySchemas,
    const ToolName extends string = never,
    const Label extends string = never,
  >(
    options: SupervisorOptions<Schemas, ToolName, Label> = {},
    surroundings?: Surroundings,
  ): Promise<
    Supervisor<
      {
        readonly [Name in keyof Schemas as `${Exclude<Name, symbol>}`]: OutputOf<
          Written<Schemas[Name]>
        >;
      },
      ToolName,
      Label
    >
  > {
    const { checkOptions, closeSwarm, launch } = await import("./launch.ts");
    checkOptions(options);
    const { signal } = options;
    if (signal?.aborted === true) {
      throw new CoppiceError("CANCELLED", "the signal was aborted before the start");
    }
    const swarm = await launch(options, surroundings);
    if (options.signal?.aborted === true) {
      await closeSwarm(swarm);
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
  // With fewer than four overloads TypeScript 5 tells of a misspelt word what each one says to it.
  spawn<
    Name extends keyof Agents & string,
    Output extends Expected<Agents[Name]> = Expected<Agents[Name]> & Agents[Name],
  >(agent: Name, options?: SpawnOptions & SpawnNames<ToolName, Label>): Promise<AgentRef<Output>>;
  spawn<
    const Schema extends JsonSchema,
    Output extends Expected<OutputOf<Schema>> = Expected<OutputOf<Schema>> & OutputOf<Schema>,
  >(
    spec: AgentSpec<Schema> & { readonly output: Schema },
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<AgentRef<Output>>;
  spawn<Output = Json>(
    spec: AgentSpec,
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<AgentRef<Output>>;
  spawn<Output = Json>(
    agent: (keyof Agents & string) | AgentSpec,
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<AgentRef<Output>>;
  async spawn(agent: string | AgentSpec, options: SpawnOptions = {}): Promise<AgentRef<unknown>> {
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
    return this.#ref(record);
  }

  /**
   * Spawns an agent and resolves with its outcome; an aborted run resolves `cancelled`.
   *
   * **Fails with** the refusal, as {@link spawn}.
   */
  run<
    Name extends keyof Agents & string,
    Output extends Expected<Agents[Name]> = Expected<Agents[Name]> & Agents[Name],
  >(agent: Name, options?: SpawnOptions & SpawnNames<ToolName, Label>): Promise<Outcome<Output>>;
  run<
    const Schema extends JsonSchema,
    Output extends Expected<OutputOf<Schema>> = Expected<OutputOf<Schema>> & OutputOf<Schema>,
  >(
    spec: AgentSpec<Schema> & { readonly output: Schema },
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<Outcome<Output>>;
  run<Output = Json>(
    spec: AgentSpec,
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<Outcome<Output>>;
  run<Output = Json>(
    agent: (keyof Agents & string) | AgentSpec,
    options?: SpawnOptions & SpawnNames<ToolName, Label>,
  ): Promise<Outcome<Output>>;
  async run(agent: string | AgentSpec, options?: SpawnOptions): Promise<Outcome<unknown>> {
    return (await (this as Supervisor).spawn(agent, options)).outcome;
  }

  find(path: string): AgentRef | undefined {
    const record = this.#swarm.record(path);
    return record === undefined ? undefined : this.#ref(record);
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

  #ref(record: AgentRecord): AgentRef {
    return createAgentRef(this.#swarm, record, (reason) => this.#shutdown.end(record, reason));
  }
}
