import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  ErrorCode,
  McpError,
  ResultSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type Clock, LONGEST_TIMER_MS } from "../../wire/clock.ts";
import { describe } from "../../wire/error-codec.ts";
import type { Json } from "../../wire/json.ts";
import { HttpRefusal } from "./http-refusal.ts";
import type { McpServerConfig } from "./mcp-config.ts";
import { httpLine } from "./mcp-http-line.ts";
import type { Line } from "./mcp-line.ts";
import { type McpTool, readMcpList, type Skipped } from "./mcp-list.ts";
import { saidOf } from "./mcp-message.ts";
import { processLine } from "./mcp-process-line.ts";
import { readMcpResult } from "./mcp-result.ts";
import { PacedRefresh } from "./paced-refresh.ts";

export interface McpClientOptions {
  readonly config: McpServerConfig;
  /** Milliseconds for the handshake and for each list of tools. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Whether a call of this tool may be made again when its answer broke off. */
  readonly isIdempotent: (tool: string) => boolean;
  /** All that it lists, ready to be shown. */
  readonly onTools: (tools: ReadonlyMap<string, McpTool>) => void;
  /** All that is left out of the list that was read last. */
  readonly onListSkips: (skipped: readonly Skipped[]) => void;
  /** Something of a result is odd or left out. */
  readonly onResultSkip: (skipped: Skipped) => void;
  /** The connection has ended by itself; says how. Called at most once, never after `close`. */
  readonly onLost: (how: string) => void;
}

export interface McpCallOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number | undefined, message?: string) => void;
}

/** For a server behind a URL to say that it is alive. */
const PING_MS = 10_000;

/**
 * One connection to one MCP server, from its start to its end. It and its lines are all that know
 * the SDK.
 *
 * **Guarantees** when `open` rejects or `close` resolves, nothing that was started is left.
 */
export class McpClient {
  readonly #options: McpClientOptions;
  readonly #client = new Client({ name: "coppice", version: "0.1.0" });
  readonly #line: Line;
  readonly #refresh: PacedRefresh;
  readonly #closing = new AbortController();
  /** The first list, which no other one overtakes. */
  #first: Promise<void> = Promise.resolve();
  #state: "opening" | "open" | "over" = "opening";
  #how: string | undefined;
  #pinging = false;

  constructor(options: McpClientOptions) {
    this.#options = options;
    const { config, clock } = options;
    this.#line = "url" in config ? httpLine(config, options) : processLine(config);
    // A connection over HTTP ends only where we end it, but any fault makes it doubtful.
    if ("url" in config) this.#client.onerror = () => void this.#ping();
    else this.#client.onclose = () => this.#lost(this.#line.how() ?? "closed the connection");
    this.#refresh = new PacedRefresh({ clock, refresh: () => this.#relist() });
  }

  /** Starts the server, shakes hands and lists its tools. */
  async open(signal: AbortSignal): Promise<void> {
    const timeout = this.#options.timeoutMs;
    try {
      signal.throwIfAborted();
      await this.#client.connect(this.#line.transport, { timeout, signal });
      this.#client.setNotificationHandler(ToolListChangedNotificationSchema, () =>
        this.#refresh.request(),
      );
      this.#first = this.#list(signal);
      await this.#first;
      if (this.#how !== undefined) throw new Error(this.#how);
      this.#state = "open";
    } catch (error) {
      const isLate = error instanceof McpError && error.code === ErrorCode.RequestTimeout;
      const late = isLate ? `has not answered in ${timeout} ms` : undefined;
      const how = this.#how ?? late ?? this.#told(error);
      await this.close();
      throw new Error(how, { cause: error });
    }
  }

  /** Calls a tool; an abort of the signal tells the server with `notifications/cancelled`. */
  async call(name: string, input: unknown, options: McpCallOptions): Promise<Json> {
    const { isError, value, odd } = readMcpResult(await this.#call(name, input, options));
    for (const what of odd) {
      this.#options.onResultSkip({
        tool: name.toWellFormed(),
        reason: `in a result of it: ${what}`,
      });
    }
    if (isError) throw new Error(String(value));
    return value;
  }

  /** A process that is slow to end is killed once `hurry` is aborted. */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#state = "over";
    this.#closing.abort();
    this.#refresh.stop();
    await this.#line.close(hurry);
    await this.#client.close();
  }

  async #call(name: string, input: unknown, options: McpCallOptions) {
    const { signal, onProgress } = options;
    try {
      return await this.#client.request(
        { method: "tools/call", params: { name, arguments: input as Record<string, unknown> } },
        // A stricter one would refuse all of a result for one part of it that is odd.
        ResultSchema,
        {
          signal,
          // The caller keeps the deadline and aborts the signal. The SDK's own, which it cannot do
          // without, would leave a timer behind when progress exceeds it.
          timeout: LONGEST_TIMER_MS,
          onprogress: ({ progress, total, message }) => {
            const fraction = total !== undefined && total > 0 ? progress / total : undefined;
            onProgress(fraction, message);
          },
        },
      );
    } catch (error) {
      const how = error instanceof HttpRefusal ? error.message : this.#how;
      const told = how === undefined ? this.#told(error) : `its MCP server ${how}`;
      throw new Error(told, { cause: error });
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const capabilities = this.#client.getServerCapabilities();
    if (capabilities?.tools === undefined) return this.#options.onTools(new Map());
    const { tools, skipped } = await readMcpList((cursor) => {
      // `listTools` of the SDK would compile every output schema, and refuse all for a bad one; so
      // would its schema of a list for one tool that is odd.
      const params = cursor === undefined ? {} : { cursor };
      const options = { timeout: this.#options.timeoutMs, signal };
      return this.#client.request({ method: "tools/list", params }, ResultSchema, options);
    }, signal);
    signal.throwIfAborted();
    this.#options.onListSkips(skipped);
    // What is no list says nothing about the tools that there were before it.
    if (tools !== undefined) this.#options.onTools(tools);
  }

  /** False where the list could not be read: the old one stays until it can. */
  async #relist(): Promise<boolean> {
    const { signal } = this.#closing;
    try {
      await this.#first;
      await this.#list(signal);
      return true;
    } catch (error) {
      if (signal.aborted || this.#how !== undefined) return true;
      const reason = `its changed list could not be read: ${this.#told(error)}`;
      this.#options.onListSkips([{ reason }]);
      return false;
    }
  }

  /** Over HTTP there is no connection that could break: after a fault, ask whether it lives. */
  async #ping(): Promise<void> {
    if (this.#pinging || this.#state !== "open") return;
    this.#pinging = true;
    try {
      await this.#client.ping({ timeout: PING_MS });
    } catch (error) {
      if (isAnswer(error)) return;
      const how = error instanceof HttpRefusal ? error.message : undefined;
      this.#lost(how ?? `does not answer: ${describe(error)}`);
    } finally {
      this.#pinging = false;
    }
  }

  /** What a server says of a request may repeat what came with it. */
  #told(error: unknown): string {
    return this.#line.secrets.conceal(whatWentWrong(error));
  }

  #lost(how: string): void {
    this.#how ??= how;
    this.#refresh.stop();
    // While opening, the request that waits is rejected, and so is `open`.
    if (this.#state !== "open") return;
    this.#state = "over";
    this.#closing.abort();
    this.#options.onLost(how);
  }
}

function whatWentWrong(error: unknown): string {
  return error instanceof McpError ? saidOf(error) : describe(error).toWellFormed();
}

/** A server that knows no ping says so, and lives. */
function isAnswer(error: unknown): boolean {
  const ours: readonly number[] = [ErrorCode.RequestTimeout, ErrorCode.ConnectionClosed];
  return error instanceof McpError && !ours.includes(error.code);
}
