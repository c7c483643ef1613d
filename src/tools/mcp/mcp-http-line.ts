import type { Clock } from "../../wire/clock.ts";
import { HttpExchange } from "./http-exchange.ts";
import { HttpTransport } from "./http-transport.ts";
import { type HttpServer, type McpServerConfig, maxMessageBytes } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";

export interface HttpLineOptions {
  readonly clock: Clock;
  /** Whether a call of this tool may be made again when its answer broke off. */
  readonly isIdempotent: (tool: string) => boolean;
}

/** For a server to end its session. */
const GOODBYE_MS = 1_000;

/** Spoken to over streamable HTTP. */
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
    // A server that is gone needs no goodbye, and one that does not take it forgets by itself.
    const late = AbortSignal.timeout(GOODBYE_MS);
    const signal = hurry === undefined ? late : AbortSignal.any([late, hurry]);
    await exchange.endSession(signal).catch(() => undefined);
  };
  return { transport, how: () => undefined, secrets: exchange.secrets, close };
}
