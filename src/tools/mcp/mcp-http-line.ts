import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { HttpServer } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";

/** For a server to end its session. */
const GOODBYE_MS = 1_000;

/** Spoken to over streamable HTTP. */
export function httpLine(config: HttpServer): Line {
  const requestInit = { headers: { ...config.headers } };
  const transport = new StreamableHTTPClientTransport(new URL(config.url), { requestInit });
  const close = async (): Promise<void> => {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, GOODBYE_MS);
    // A server that is gone needs no goodbye, and one that does not take it forgets by itself.
    await Promise.race([transport.terminateSession().catch(() => undefined), timer.promise]);
    clearTimeout(timeout);
    await transport.close();
  };
  // The SDK declares `sessionId` in a way that its own interface refuses under strict options.
  const asTransport = transport as Transport;
  return { transport: asTransport, how: () => undefined, close };
}
