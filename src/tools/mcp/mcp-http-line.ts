import type { Clock } from "../../wire/clock.ts";
import { HttpExchange } from "./http-exchange.ts";
import { HttpTransport } from "./http-transport.ts";
import { type HttpServer, type McpServerConfig, maxMessageBytes } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";

export interface HttpLineOptions {
  readonly clock: Clock;
  /** Returns true for a tool whose call may be repeated when its answer broke off. */
  readonly isIdempotent: (tool: string) => boolean;
}

/** Milliseconds for a server to end its session. */
const GOODBYE_MS = 1_000;

/** Creates a line over streamable HTTP. */
export function httpLine(config: HttpServer & McpServerConfig, options: HttpLineOptions): Line {
  const { clock, isIdempotent } = options;
  const exchange = new HttpExchange(config);
  const transport = new HttpTransport({
    exchange,
    clock,
    maxBytes: maxMessageBytes(config),
    mayRepeat: ({ method, params }) =>
      method !== "tools/call" || isIdempotent(String(params?.name)),
  });
  const close = async (hurry?: AbortSignal): Promise<void> => {
    await transport.close();
    // A lost server needs no request to end its session, and one that refuses it drops the session
    // by itself.
    const late = AbortSignal.timeout(GOODBYE_MS);
    const signal = hurry === undefined ? late : AbortSignal.any([late, hurry]);
    await exchange.endSession(signal).catch(() => undefined);
  };
  return { transport, how: () => undefined, secrets: exchange.secrets, close };
}
