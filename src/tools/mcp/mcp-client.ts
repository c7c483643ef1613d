import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import {
  CallToolResultSchema,
  ErrorCode,
  McpError,
  PaginatedResultSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type Clock, LONGEST_DELAY_MS } from "../../wire/clock.ts";
import { describe } from "../../wire/error-codec.ts";
import type { Json, JsonSchema } from "../../wire/json.ts";
import { isObject } from "../schema/schema-keywords.ts";
import { HttpRefusal } from "./http-refusal.ts";
import type { McpServerConfig } from "./mcp-config.ts";
import { httpLine } from "./mcp-http-line.ts";
import type { Line } from "./mcp-line.ts";
import { processLine } from "./mcp-process-line.ts";
import { jsonOfMcpResult } from "./mcp-result.ts";

/** A tool as its server lists it. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

export interface McpClientOptions {
  readonly config: McpServerConfig;
  /** Milliseconds for the handshake and for each list of tools. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Whether a call of this tool may be made again when its answer broke off. */
  readonly isIdempotent: (tool: string) => boolean;
  readonly onTools: (tools: readonly McpTool[]) => void;
  /** The connection has ended by itself; says how. Called at most once, never after `close`. */
  readonly onLost: (how: string) => void;
}

export interface McpCallOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number | undefined, message?: string) => void;
}

const MAX_PAGES = 50;
const MAX_TOOLS = 1_000;
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
  #state: "opening" | "open" | "over" = "opening";
  #how: string | undefined;
  #listing = false;
  #listAgain = false;
  #pinging = false;

  constructor(options: McpClientOptions) {
    this.#options = options;
    const { config } = options;
    this.#line = "url" in config ? httpLine(config, options) : processLine(config);
    // A connection over HTTP ends only where we end it, but any fault makes it doubtful.
    if ("url" in config) this.#client.onerror = () => void this.#ping();
    else this.#client.onclose = () => this.#lost(this.#line.how() ?? "closed the connection");
  }

  /** Starts the server, shakes hands and lists its tools. */
  async open(signal: AbortSignal): Promise<void> {
    const timeout = this.#options.timeoutMs;
    try {
      signal.throwIfAborted();
      await this.#client.connect(this.#line.transport, { timeout, signal });
      this.#client.setNotificationHandler(
        ToolListChangedNotificationSchema,
        () => void this.#relist(),
      );
      this.#options.onTools(await this.#list(signal));
      this.#state = "open";
    } catch (error) {
      const how = this.#how ?? describe(error);
      await this.close();
      throw new Error(how, { cause: error });
    }
  }

  /** Calls a tool; an abort of the signal tells the server with `notifications/cancelled`. */
  async call(name: string, input: unknown, options: McpCallOptions): Promise<Json> {
    const { signal, onProgress } = options;
    try {
      const result = await this.#client.request(
        { method: "tools/call", params: { name, arguments: input as Record<string, unknown> } },
        CallToolResultSchema,
        {
          signal,
          // The caller keeps the deadline and aborts the signal. The SDK's own, which it cannot do
          // without, would leave a timer behind when progress exceeds it.
          timeout: LONGEST_DELAY_MS,
          onprogress: ({ progress, total, message }) => {
            const fraction = total !== undefined && total > 0 ? progress / total : undefined;
            onProgress(fraction, message);
          },
        },
      );
      return jsonOfMcpResult(result);
    } catch (error) {
      const how = error instanceof HttpRefusal ? error.message : this.#how;
      if (how === undefined) throw error;
      throw new Error(`its MCP server ${how}`, { cause: error });
    }
  }

  /** A process that is slow to end is killed once `hurry` is aborted. */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#state = "over";
    await this.#line.close(hurry);
    await this.#client.close();
  }

  async #list(signal?: AbortSignal): Promise<McpTool[]> {
    const tools = new Map<string, McpTool>();
    if (this.#client.getServerCapabilities()?.tools === undefined) return [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      // `listTools` of the SDK would compile every output schema, and refuse all for a bad one; so
      // would its schema of a list for one tool that is odd.
      const listed = await this.#client.request(
        { method: "tools/list", params: cursor === undefined ? {} : { cursor } },
        PaginatedResultSchema,
        { timeout: this.#options.timeoutMs, ...(signal === undefined ? {} : { signal }) },
      );
      if (!Array.isArray(listed.tools)) throw new Error("its list of tools is none");
      for (const tool of listed.tools.flatMap(readTool)) {
        if (tools.has(tool.name) || tools.size >= MAX_TOOLS) continue;
        tools.set(tool.name, tool);
      }
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    return [...tools.values()];
  }

  /** Lists again, one at a time however often a server says that its list has changed. */
  async #relist(): Promise<void> {
    this.#listAgain = true;
    if (this.#listing) return;
    this.#listing = true;
    try {
      while (this.#listAgain && this.#state !== "over") {
        this.#listAgain = false;
        this.#options.onTools(await this.#list());
      }
    } catch {
      // The old list stays: the server itself answers the call of a tool that is gone.
      this.#listAgain = false;
    } finally {
      this.#listing = false;
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

  #lost(how: string): void {
    this.#how ??= how;
    // While opening, the request that waits is rejected, and so is `open`.
    if (this.#state !== "open") return;
    this.#state = "over";
    this.#options.onLost(how);
  }
}

/** A server that knows no ping says so, and lives. */
function isAnswer(error: unknown): boolean {
  const ours: readonly number[] = [ErrorCode.RequestTimeout, ErrorCode.ConnectionClosed];
  return error instanceof McpError && !ours.includes(error.code);
}

/** What a model is shown of an odd schema is decided where all schemas are made fit for it. */
function readTool(tool: unknown): McpTool[] {
  if (typeof tool !== "object" || tool === null) return [];
  const { name, description, inputSchema } = tool as { readonly [field: string]: unknown };
  if (typeof name !== "string") return [];
  return [
    {
      name,
      description: typeof description === "string" ? description : "",
      inputSchema: isObject(inputSchema) ? inputSchema : { type: "object" },
    },
  ];
}
