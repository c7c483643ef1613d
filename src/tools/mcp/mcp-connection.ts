import { type ActorRefFrom, createActor, fromPromise } from "xstate";
import { compileGlob } from "../../../machines/glob.ts";
import { mcpConnection } from "../../../machines/mcp-connection.ts";
import type { Clock } from "../../wire/clock.ts";
import type { Callable, ReadContext } from "../running-call.ts";
import type { Aside } from "../schema/input-reader.ts";
import { schemaForModels } from "../schema/model-schema.ts";
import { serverReader } from "../schema/server-reader.ts";
import type { McpClient } from "./mcp-client.ts";
import type { McpServerConfig } from "./mcp-config.ts";
import { ANY_OBJECT, type McpTool, type Skipped } from "./mcp-list.ts";
import { NewSkips } from "./new-skips.ts";

export interface McpConnectionOptions {
  readonly name: string;
  readonly config: McpServerConfig;
  readonly clock: Clock;
  readonly onConnected: (tools: number) => void;
  /** Called once for each outage, however often the connection is tried again. */
  readonly onLost: (error: string) => void;
  readonly onTools: () => void;
  /** Returns a reader on another thread, for inputs that could block this one. */
  readonly aside: (context: ReadContext) => Aside;
  /** Called once for each item left out, until a list is without it. */
  readonly onSkipped: (skipped: Skipped) => void;
}

/** The public state of one MCP server. */
export interface ServerRow {
  readonly name: string;
  /** The state of its connection; `away` means lost or never connected, and tried again. */
  readonly state: "connecting" | "connected" | "away" | "closed";
  /** The number of its tools; they stay known while it is away. */
  readonly tools: number;
  /** The reason why it is away. */
  readonly error?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** Milliseconds that `start()` waits for a server without a `timeoutMs`. */
const DEFAULT_PATIENCE_MS = 10_000;
/** The most time that a call may take while it reports progress, as a multiple of its time-out. */
const PROGRESS_FACTOR = 10;

/**
 * Keeps one MCP server connected until it is closed, by `machines/mcp-connection.ts`.
 *
 * **Guarantees** a call to a server that is not connected fails at once with the reason, and so do
 * the open calls when the connection is lost.
 */
export class McpConnection {
  /**
   * Resolves when the outcome of the first attempt is known: connected, failed, or no answer in
   * time.
   */
  readonly firstAttempt: Promise<void>;
  readonly #options: McpConnectionOptions;
  readonly #actor: ActorRefFrom<typeof mcpConnection>;
  readonly #first = Promise.withResolvers<void>();
  readonly #skips: NewSkips;
  #client: McpClient | undefined;
  /** The end of the attempt under way, and of the client before it. */
  #opening: Promise<void> = Promise.resolve();
  #discarding: Promise<void> = Promise.resolve();
  #tools: ReadonlyMap<string, McpTool> = new Map();

  constructor(options: McpConnectionOptions) {
    this.#options = options;
    this.#skips = new NewSkips(options.onSkipped);
    this.firstAttempt = this.#first.promise;
    const { config, clock } = options;
    const machine = mcpConnection.provide({
      actors: {
        connect: fromPromise<void>(({ signal }) => {
          this.#opening = this.#open(signal);
          return this.#opening;
        }),
      },
      actions: {
        announceConnected: () => {
          this.#first.resolve();
          options.onConnected(this.#tools.size);
        },
        announceLost: (_, { error }) => {
          this.#first.resolve();
          options.onLost(error);
        },
        discard: () => this.#discard(),
      },
    });
    const input = { patienceMs: config.timeoutMs ?? DEFAULT_PATIENCE_MS };
    this.#actor = createActor(machine, { input, clock }).start();
  }

  get name(): string {
    return this.#options.name;
  }

  get isConnected(): boolean {
    return this.#actor.getSnapshot().hasTag("available");
  }

  /** Returns why it is not connected. */
  get error(): string {
    return this.#actor.getSnapshot().context.error ?? "it is still being started";
  }

  get row(): ServerRow {
    const snapshot = this.#actor.getSnapshot();
    const { error } = snapshot.context;
    const about = { name: this.name, tools: this.#tools.size };
    if (snapshot.status !== "active") return { ...about, state: "closed" };
    if (this.isConnected) return { ...about, state: "connected" };
    return error === null ? { ...about, state: "connecting" } : { ...about, state: "away", error };
  }

  /** Returns its tools as last listed; they are kept while the server is away. */
  get tools(): ReadonlyMap<string, McpTool> {
    return this.#tools;
  }

  /**
   * True when a name or glob may match a tool that is not listed: not yet, or because it was left
   * out.
   */
  mayOffer(pattern: string): boolean {
    const prefix = `${this.name}/`;
    if (this.isConnected && this.#tools.size > 0) {
      return pattern.startsWith(prefix) && this.#skips.hasOfList(pattern.slice(prefix.length));
    }
    const [start = ""] = pattern.split("*");
    return start.startsWith(prefix) || (start !== pattern && prefix.startsWith(start));
  }

  isIdempotent(tool: string): boolean {
    return (this.#options.config.idempotent ?? []).some((glob) => compileGlob(glob)(tool));
  }

  callable(tool: string): Callable {
    const timeoutMs = this.#options.config.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const reader = serverReader(this.#tools.get(tool)?.inputSchema ?? ANY_OBJECT);
    return {
      timeoutMs,
      maxTotalMs: timeoutMs * PROGRESS_FACTOR,
      read: (input, context) => reader(input, this.#options.aside(context)),
      execute: (input, { signal, progress }) => {
        if (!this.isConnected || this.#client === undefined) {
          throw new Error(`MCP server "${this.name}" is not connected: ${this.error}`);
        }
        const ownName = this.#tools.get(tool)?.ownName ?? tool;
        return this.#client.call(ownName, input, { signal, onProgress: progress });
      },
    };
  }

  /**
   * Closes the connection within about two seconds; its process is killed once `hurry` is aborted.
   */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#actor.send({ type: "connection.close" });
    this.#first.resolve();
    this.#discard(hurry);
    // A stopped attempt rejects, as intended.
    await this.#opening.catch(() => undefined);
    await this.#discarding;
  }

  async #open(signal: AbortSignal): Promise<void> {
    // The SDK takes a tenth of a second to load, and so does the schema compiler. Both are loaded
    // only where servers are configured, and here, so that the first list does not wait for them
    // later.
    const { McpClient } = await import("./mcp-client.ts");
    schemaForModels({ type: "object" });
    await this.#discarding;
    signal.throwIfAborted();
    this.#client = new McpClient({
      config: this.#options.config,
      timeoutMs: this.#options.config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      clock: this.#options.clock,
      isIdempotent: (tool) => this.isIdempotent(tool),
      onTools: (tools) => {
        this.#tools = tools;
        this.#options.onTools();
      },
      onListSkips: (skipped) => this.#skips.ofList(skipped),
      onResultSkip: (skipped) => this.#skips.ofResult(skipped),
      onLost: (error) => this.#actor.send({ type: "connection.lost", error }),
    });
    await this.#client.open(signal);
  }

  #discard(hurry?: AbortSignal): void {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    const gone = client.close(hurry);
    this.#discarding = Promise.all([this.#discarding, gone]).then(() => undefined);
  }
}
