import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { deserializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { StdioServer } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";
import { ServerProcess } from "./server-process.ts";

/** Spoken to over the standard input and output of a child process. */
export function processLine(config: StdioServer): Line {
  let server: ServerProcess | undefined;
  let how: string | undefined;
  const close = async (hurry?: AbortSignal): Promise<void> => server?.close(hurry);
  const transport: Transport = {
    // The process is started here, when the SDK listens, so that no early word is lost.
    start: async () => {
      server = new ServerProcess({
        command: config.command,
        args: config.args ?? [],
        env: { ...getDefaultEnvironment(), ...config.env },
        cwd: config.cwd,
        onLine: (line) => receive(transport, line),
        onEnd: (ended) => {
          how = ended;
          transport.onclose?.();
        },
      });
    },
    send: async (message) => {
      if (server === undefined) throw new Error("it has not been started");
      server.send(JSON.stringify(message));
    },
    close: () => close(),
  };
  return { transport, how: () => how, close };
}

function receive(transport: Transport, line: string): void {
  try {
    transport.onmessage?.(deserializeMessage(line));
  } catch (error) {
    // Some servers print other things too; the SDK passes over them as well.
    transport.onerror?.(error instanceof Error ? error : new Error(String(error)));
  }
}
