import { compileGlob } from "../../machines/glob.ts";
import { CoppiceError } from "../errors.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { CallResult } from "../wire/delivery.ts";
import type { EventBodies } from "../wire/event.ts";
import type { ToolCard } from "../wire/transcript.ts";
import { refusedCall } from "./call-failure.ts";
import { asideOn, callableOf } from "./callables.ts";
import type { ComputeThreads } from "./compute-tool.ts";
import { type CallInput, readCallInput } from "./input-reading.ts";
import { checkMcpServer, type McpServerConfig } from "./mcp/mcp-config.ts";
import { McpConnection, type ServerRow } from "./mcp/mcp-connection.ts";
import { checkNames, nameForModels } from "./names.ts";
import { type Callable, type CallRequest, type Progress, RunningCall } from "./running-call.ts";
import type { Tool } from "./tool.ts";
import { type Offer, ToolCards } from "./tool-cards.ts";
import { toolTable } from "./tool-table.ts";

type ToolboxFact = Extract<keyof EventBodies, `mcp.${string}` | "tool.renamed" | "tool.changed">;

/** An event of a toolbox; its receiver must not throw. */
export type ToolboxEvent =
  | { [Type in ToolboxFact]: { readonly type: Type } & EventBodies[Type] }[ToolboxFact]
  | ({
      readonly type: "tool.progress";
      readonly callId: string;
      readonly tool: string;
      readonly path: string;
    } & Progress);

export interface ToolboxOptions {
  readonly tools: readonly Tool[];
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
  /** The threads of compute tools; they end with the toolbox. */
  readonly compute: ComputeThreads;
  readonly onEvent: (event: ToolboxEvent) => void;
  /** Called when the tools of a server have been listed, for the first time or again. */
  readonly onTools?: () => void;
  /** The clock. Default: the system's. */
  readonly clock?: Clock;
  /** Aborts a start that is under way; it has no effect afterwards. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * All tools that agents can call, in this process and on MCP servers, behind one `call`.
 *
 * **Guarantees** no call rejects or outlives its time; after `stop` no child process, timer or
 * listener of this toolbox is left.
 */
export class Toolbox {
  readonly #options: ToolboxOptions;
  readonly #clock: Clock;
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #own: ReadonlyMap<string, Callable>;
  readonly #servers: ReadonlyMap<string, McpConnection>;
  readonly #running = new Set<RunningCall>();
  readonly #cards: ToolCards;
  #stopping: Promise<void> | undefined;

  /**
   * Checks all options, then connects all servers at once.
   *
   * **Guarantees** resolves when each server is connected, has failed, or has not answered for 10 s
   * (or its `timeoutMs`), and each module of a compute tool is imported; when it rejects, nothing
   * is left running.
   * **Fails with** `OPTIONS_INVALID` for an invalid tool, module or server or a clash of names;
   * `TOOL_FAILED` when a `required` server does not start; `CANCELLED` by the `signal`.
   */
  static async start(options: ToolboxOptions): Promise<Toolbox> {
    for (const [name, config] of Object.entries(options.mcpServers)) checkMcpServer(name, config);
    const tools = toolTable(options.tools);
    checkNames(tools.keys());
    const toolbox = new Toolbox(options, tools);
    const { signal } = options;
    const abandon = (): void => void toolbox.stop();
    signal?.addEventListener("abort", abandon);
    try {
      const connected = [...toolbox.#servers.values()].map(({ firstAttempt }) => firstAttempt);
      await Promise.all([toolbox.#verifyModules(), ...connected]);
      signal?.throwIfAborted();
      toolbox.#requireServers();
    } catch (error) {
      await toolbox.stop();
      // The abort makes the awaited work fail for other reasons.
      if (signal?.aborted) throw new CoppiceError("CANCELLED", "the start was aborted");
      throw error;
    } finally {
      signal?.removeEventListener("abort", abandon);
    }
    return toolbox;
  }

  private constructor(options: ToolboxOptions, tools: ReadonlyMap<string, Tool>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#tools = tools;
    const { compute } = options;
    this.#own = new Map([...tools].map(([name, tool]) => [name, callableOf(tool, compute)]));
    const { onEvent } = options;
    this.#cards = new ToolCards({
      onRenamed: (server, tool, name) => onEvent({ type: "tool.renamed", server, tool, name }),
      onChanged: (server, tool, hash) => onEvent({ type: "tool.changed", server, tool, hash }),
    });
    this.#cards.update([{ tools }]);
    const servers = Object.entries(options.mcpServers);
    this.#servers = new Map(servers.map(([name, config]) => [name, this.#connect(name, config)]));
  }

  /**
   * Returns the number of threads of compute tools in a native call that were ordered to end and
   * have not.
   */
  get stuckThreads(): number {
    return this.#options.compute.stuck;
  }

  /** Returns why threads of compute tools cannot be started at present. */
  get faults(): readonly string[] {
    const { fault } = this.#options.compute;
    return fault === undefined ? [] : [fault];
  }

  /** Returns the MCP servers in their current state. */
  get servers(): readonly ServerRow[] {
    return [...this.#servers.values()].map(({ row }) => row);
  }

  /** Lists every tool. Those of a server that is away stay listed. */
  list(): readonly ToolCard[] {
    return this.#cards.all;
  }

  /** Returns the hash of a tool's name, description and schema when it was last listed. */
  hashOf(subject: string): string | undefined {
    return this.#cards.hashOf(subject);
  }

  /** True when a tool of this subject is listed. */
  has(subject: string): boolean {
    return this.#tools.has(subject) || this.#cards.card(subject) !== undefined;
  }

  /** True as for `has`, and for servers and any name under a server that is not connected. */
  knows(subjectOrServer: string): boolean {
    return this.#servers.has(subjectOrServer) || this.#isCallable(subjectOrServer);
  }

  /** True when a name or glob matches a tool, or may match one that a server offers later. */
  mayMatch(pattern: string): boolean {
    if (this.knows(pattern) || this.match([pattern]).length > 0) return true;
    return [...this.#servers.values()].some((server) => server.mayOffer(pattern));
  }

  /** Returns the subject of a tool, also for a name under which the model was not shown it. */
  subjectOf(name: string): string {
    if (this.knows(name)) return name;
    const card = this.#cards.all.find((listed) => listed.name === name);
    return card?.subject ?? this.#subjectAway(name) ?? name;
  }

  /** Returns the cards that match these names and globs, in the toolbox's order, each once. */
  match(patterns: readonly string[]): readonly ToolCard[] {
    const tests = patterns.map(compileGlob);
    return this.#cards.all.filter(({ subject }) => tests.some((matches) => matches(subject)));
  }

  /** True when a tool may be run again after a crash. */
  isIdempotent(subject: string): boolean {
    const tool = this.#tools.get(subject);
    if (tool) return tool.idempotent;
    const { server, name } = this.#split(subject);
    return server?.isIdempotent(name) ?? false;
  }

  /**
   * Reads the input of a call as its tool will receive it, synchronously where possible. Returns
   * undefined for an unknown tool, which the call itself reports.
   */
  read(request: CallRequest): CallInput | Promise<CallInput> | undefined {
    const callable = this.#stopping === undefined ? this.#callable(request.tool) : undefined;
    return callable && readCallInput(callable, request, this.#clock);
  }

  /**
   * Runs one call, and returns its result at once where its tool answers at once. Never throws or
   * rejects: a failure is a result that the agent reads.
   */
  call(request: CallRequest): CallResult | Promise<CallResult> {
    const { callId, tool, path } = request;
    const callable = this.#callable(tool);
    if (this.#stopping !== undefined) {
      const message = `Tool "${tool}" was not called: the toolbox has been stopped`;
      return refusedCall("CANCELLED", message, { tool });
    }
    if (callable === undefined) {
      return refusedCall("TOOL_UNKNOWN", `There is no tool "${tool}"`, { tool });
    }
    const running = new RunningCall(callable, request, {
      clock: this.#clock,
      onProgress: (progress) =>
        this.#options.onEvent({ type: "tool.progress", callId, tool, path, ...progress }),
    });
    // The tool may have stopped the supervisor.
    if (this.#stopping !== undefined) running.cancel("the toolbox was stopped");
    if (running.outcome !== undefined) return running.outcome;
    this.#running.add(running);
    // It never rejects, and the caller learns of its end after this callback has run.
    void running.result.then(() => this.#running.delete(running));
    return running.result;
  }

  /**
   * Cancels running calls and closes every server, within about two seconds.
   *
   * @param hurry kills the servers at once when it is aborted
   */
  stop(hurry?: AbortSignal): Promise<void> {
    this.#stopping ??= this.#stop(hurry);
    return this.#stopping;
  }

  async #stop(hurry: AbortSignal | undefined): Promise<void> {
    for (const call of this.#running) call.cancel("the toolbox was stopped");
    const closed = [...this.#servers.values()].map((server) => server.close(hurry));
    await Promise.all([this.#options.compute.stop(), ...closed]);
  }

  #verifyModules(): Promise<void> {
    const modules = [...this.#tools.values()].flatMap(({ compute }) => compute ?? []);
    return this.#options.compute.verify(modules);
  }

  #connect(name: string, config: McpServerConfig): McpConnection {
    const { onEvent } = this.#options;
    return new McpConnection({
      name,
      config,
      clock: this.#clock,
      onConnected: (tools) => onEvent({ type: "mcp.connected", server: name, tools }),
      onLost: (error) => onEvent({ type: "mcp.lost", server: name, error }),
      aside: asideOn(this.#options.compute),
      onTools: () => {
        this.#cards.update(this.#offers());
        this.#options.onTools?.();
      },
      onSkipped: (skipped) => onEvent({ type: "mcp.skipped", server: name, ...skipped }),
    });
  }

  #requireServers(): void {
    for (const [name, { required }] of Object.entries(this.#options.mcpServers)) {
      const server = this.#servers.get(name);
      if (!required || server === undefined || server.isConnected) continue;
      const message = `MCP server "${name}" is required and did not start: ${server.error}`;
      throw new CoppiceError("TOOL_FAILED", message, { server: name });
    }
  }

  /**
   * Returns all offers, the embedder's first: of two tools that want the same name it gets its own.
   */
  #offers(): readonly Offer[] {
    const servers = [...this.#servers.values()].map(({ name, tools }) => ({ server: name, tools }));
    return [{ tools: this.#tools }, ...servers];
  }

  #isCallable(subject: string): boolean {
    if (this.#own.has(subject)) return true;
    const { server, name } = this.#split(subject);
    // The tools of a server that is away are unknown: the call reports that it is away.
    return server !== undefined && (!server.isConnected || server.tools.has(name));
  }

  #callable(subject: string): Callable | undefined {
    const own = this.#own.get(subject);
    if (own !== undefined || !this.#isCallable(subject)) return own;
    const { server, name } = this.#split(subject);
    return server?.callable(name);
  }

  /**
   * Returns the subject of a model's name under a server that is away, so that the call can report
   * it.
   */
  #subjectAway(name: string): string | undefined {
    for (const server of this.#servers.values()) {
      const prefix = nameForModels(`${server.name}/`);
      if (server.isConnected || name === prefix || !name.startsWith(prefix)) continue;
      return `${server.name}/${name.slice(prefix.length)}`;
    }
    return undefined;
  }

  #split(subject: string): { server: McpConnection | undefined; name: string } {
    const slash = subject.indexOf("/");
    const server = slash < 0 ? undefined : this.#servers.get(subject.slice(0, slash));
    return { server, name: subject.slice(slash + 1) };
  }
}
