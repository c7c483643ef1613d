import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { parseInSteps } from "./json-parser.ts";
import type { SkimmedMessage } from "./json-skimmer.ts";
import { LineReader } from "./line-reader.ts";
import { type McpServerConfig, maxMessageBytes, type StdioServer } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";
import { OpenRequests, readMessage, refusalOf } from "./mcp-message.ts";
import { ServerProcess } from "./server-process.ts";

/** A longer text is read in steps. */
const SHORT_CHARACTERS = 64 * 1024;

/** Spoken to over the standard input and output of a child process. */
export function processLine(config: McpServerConfig & StdioServer): Line {
  let server: ServerProcess | undefined;
  let how: string | undefined;
  const open = new OpenRequests();
  const close = async (hurry?: AbortSignal): Promise<void> => server?.close(hurry);
  const transport: Transport = {
    // The process is started here, when the SDK listens, so that no early word is lost.
    start: async () => {
      const lines = new LineReader({
        maxBytes: maxMessageBytes(config),
        onLine: (line) => receive(transport, open, line),
        onRefused: (why, messages) => refuse(transport, open, why, messages),
        onEndless: (why) => server?.condemn(why),
      });
      server = new ServerProcess({
        command: config.command,
        args: config.args ?? [],
        env: { ...getDefaultEnvironment(), ...config.env },
        cwd: config.cwd,
        onOutput: (chunk) => lines.read(chunk),
        onEnd: (ended) => {
          how = ended;
          transport.onclose?.();
        },
      });
    },
    send: async (message) => {
      if (server === undefined) throw new Error("it has not been started");
      server.send(JSON.stringify(message));
      open.note(message);
    },
    close: () => close(),
  };
  return { transport, how: () => how, conceal: (text) => text, close };
}

/** One message, or those of a batch. */
function* receive(
  transport: Transport,
  open: OpenRequests,
  line: string,
): Generator<undefined, void> {
  let said: unknown;
  try {
    said = line.length > SHORT_CHARACTERS ? yield* parseInSteps(line) : JSON.parse(line);
  } catch {
    // Some servers print other things too, and they are passed over.
    return;
  }
  for (const value of Array.isArray(said) ? said : [said]) {
    const message = readMessage(value);
    if (message !== undefined) deliver(transport, open, message);
    yield;
  }
}

/** Whoever waits for an answer that was not kept is told so; a request of its own is refused. */
function refuse(
  transport: Transport,
  open: OpenRequests,
  why: string,
  messages: readonly SkimmedMessage[],
): void {
  for (const { id, isCall } of messages) {
    if (id === undefined) continue;
    if (!isCall) deliver(transport, open, refusalOf(id, `its answer ${why}`));
    else {
      const refused = transport.send(refusalOf(id, `the request ${why}`));
      // A server that reads no more has other troubles than this answer.
      refused.catch(() => undefined);
    }
  }
}

function deliver(transport: Transport, open: OpenRequests, message: JSONRPCMessage): void {
  if (!("method" in message)) {
    const id = open.settle(message.id);
    if (id !== undefined) transport.onmessage?.({ ...message, id });
  } else {
    // The SDK would write out the progress of a call that is over.
    const { progressToken: call } = message.params ?? {};
    if (call === undefined || open.has(call)) transport.onmessage?.(message);
  }
}
