import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  ErrorCode,
  McpError,
  ResultSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type Clock, MAX_TIMER_MS } from "../../wire/clock.ts";
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
import { ThrottledRefresh } from "./throttled-refresh.ts";

export interface McpClientOptions {
  readonly config: McpServerConfig;
  /** Milliseconds for the handshake and for each list of tools. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Returns true for a tool whose call may be repeated when its answer broke off. */
  readonly isIdempotent: (tool: string) => boolean;
  /** Called with all tools that the server lists, ready to be shown. */
  readonly onTools: (tools: ReadonlyMap<string, McpTool>) => void;
  /** Called with everything left out of the list that was read last. */
  readonly onListSkips: (skipped: readonly Skipped[]) => void;
  /** Called when a part of a result is invalid or left out. */
  readonly onResultSkip: (skipped: Skipped) => void;
  /**
   * Called with the cause when the connection has ended by itself; at most once, and never after
   * `close`.
   */
  readonly onLost: (how: string) => void;
}

export interface McpCallOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number | undefined, message?: string) => void;
}

/** Milliseconds for a server behind a URL to answer a ping. */
const PING_MS = 10_000;

/**
 * One connection to one MCP server, from its start to its end. Only this class and its lines use
 * the SDK.
 *
 * **Guarantees** when `open` rejects or `close` resolves, nothing that was started is left.
 */
export class McpClient {
  readonly #options: McpClientOptions;
  readonly #client = new Client({ name: "coppice", version: "0.1.0" });
  readonly #line: Line;
  readonly #refresh: ThrottledRefresh;
  readonly #closing = new AbortController();
  /** The first list of tools; later lists wait for it. */
  #first: Promise<void> = Promise.resolve();
  #state: "opening" | "open" | "over" = "opening";
  #how: string | undefined;
  #pinging = false;

  constructor(options: McpClientOptions) {
    this.#options = options;
    const { config, clock } = options;
    this.#line = "url" in config ? httpLine(config, options) : processLine(config);
    // A connection over HTTP is only ended by this client, but any fault puts it in doubt.
    if ("url" in config) this.#client.onerror = () => void this.#ping();
    else this.#client.onclose = () => this.#lost(this.#line.how() ?? "closed the connection");
    this.#refresh = new ThrottledRefresh({ clock, refresh: () => this.#relist() });
  }

  /** Starts the server, performs the handshake and lists its tools. */
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
      const how = this.#how ?? late ?? this.#describe(error);
      await this.close();
      throw new Error(how, { cause: error });
    }
  }

  /** Calls a tool; when the signal is aborted, the server gets `notifications/cancelled`. */
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

  /** Closes the connection; a process that ends slowly is killed once `hurry` is aborted. */
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
        // A stricter schema would refuse a whole result for one invalid part.
        ResultSchema,
        {
          signal,
          // The caller keeps the deadline and aborts the signal. The SDK requires a time-out of its
          // own, and a shorter one would leave a timer behind when progress exceeds it.
          timeout: MAX_TIMER_MS,
          onprogress: ({ progress, total, message }) => {
            const fraction = total !== undefined && total > 0 ? progress / total : undefined;
            onProgress(fraction, message);
          },
        },
      );
    } catch (error) {
      const how = error instanceof HttpRefusal ? error.message : this.#how;
      const message = how === undefined ? this.#describe(error) : `its MCP server ${how}`;
      throw new Error(message, { cause: error });
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const capabilities = this.#client.getServerCapabilities();
    if (capabilities?.tools === undefined) return this.#options.onTools(new Map());
    const { tools, skipped } = await readMcpList((cursor) => {
      // The SDK's `listTools` would compile every output schema and refuse all tools for one bad
      // schema; its schema of a list would refuse all for one invalid tool.
      const params = cursor === undefined ? {} : { cursor };
      const options = { timeout: this.#options.timeoutMs, signal };
      return this.#client.request({ method: "tools/list", params }, ResultSchema, options);
    }, signal);
    signal.throwIfAborted();
    this.#options.onListSkips(skipped);
    // An invalid list says nothing about the tools listed before.
    if (tools !== undefined) this.#options.onTools(tools);
  }

  /**
   * Lists the tools again; returns false when the list could not be read, and the old one stays.
   */
  async #relist(): Promise<boolean> {
    const { signal } = this.#closing;
    try {
      await this.#first;
      await this.#list(signal);
      return true;
    } catch (error) {
      if (signal.aborted || this.#how !== undefined) return true;
      const reason = `its changed list could not be read: ${this.#describe(error)}`;
      this.#options.onListSkips([{ reason }]);
      return false;
    }
  }

  /** Pings the server after a fault: over HTTP there is no connection whose end would show. */
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

  /** Describes an error without secrets: a server's message may repeat parts of the request. */
  #describe(error: unknown): string {
    return this.#line.secrets.conceal(whatWentWrong(error));
  }

  #lost(how: string): void {
    this.#how ??= how;
    this.#refresh.stop();
    // While opening, the pending request is rejected, and so is `open`.
    if (this.#state !== "open") return;
    this.#state = "over";
    this.#closing.abort();
    this.#options.onLost(how);
  }
}

function whatWentWrong(error: unknown): string {
  return error instanceof McpError ? saidOf(error) : describe(error).toWellFormed();
}

/** True for an answer of the server itself: one that does not know `ping` says so, and is alive. */
function isAnswer(error: unknown): boolean {
  const ours: readonly number[] = [ErrorCode.RequestTimeout, ErrorCode.ConnectionClosed];
  return error instanceof McpError && !ours.includes(error.code);
}
