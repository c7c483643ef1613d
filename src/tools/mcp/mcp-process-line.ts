import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { readJson } from "./json-parser.ts";
import type { SkimmedMessage } from "./json-skimmer.ts";
import { LineReader } from "./line-reader.ts";
import { type McpServerConfig, maxMessageBytes, type StdioServer } from "./mcp-config.ts";
import type { Line } from "./mcp-line.ts";
import { messageRefusalOf, OpenRequests, readMessage } from "./mcp-message.ts";
import { Secrets } from "./secrets.ts";
import { ServerProcess } from "./server-process.ts";

const SECRET_NAME = /key|token|secret|passw|passphrase|auth|credential|cookie|session|_pat$|dsn/i;

interface Receiver {
  readonly transport: Transport;
  readonly open: OpenRequests;
  readonly secrets: Secrets;
}

/** Creates a line over the standard input and output of a child process. */
export function processLine(config: McpServerConfig & StdioServer): Line {
  let server: ServerProcess | undefined;
  let how: string | undefined;
  const open = new OpenRequests();
  const secrets = secretsOf(config);
  const close = async (hurry?: AbortSignal): Promise<void> => server?.close(hurry);
  const transport: Transport = {
    // Started only when the SDK listens, so that no early message is lost.
    start: async () => {
      const lines = new LineReader({
        maxBytes: maxMessageBytes(config),
        onLine: (line) => receive({ transport, open, secrets }, line),
        onRefused: (why, messages) => refuse(transport, open, why, messages),
        onEndless: (why) => server?.terminate(why),
      });
      server = new ServerProcess({
        command: config.command,
        args: config.args ?? [],
        env: { ...getDefaultEnvironment(), ...config.env },
        cwd: config.cwd,
        conceal: (text) => secrets.conceal(text),
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
  return { transport, how: () => how, secrets, close };
}

/**
 * Collects the values of `env` whose names mark them as secret: other values appear in ordinary
 * text.
 */
function secretsOf({ env = {} }: StdioServer): Secrets {
  const secret = Object.entries(env).filter(([name]) => SECRET_NAME.test(name));
  return new Secrets(secret.map(([, value]) => value));
}

/** Receives one message, or those of a batch. */
function* receive(to: Receiver, line: string): Generator<undefined, void> {
  const { transport, open, secrets } = to;
  let said: unknown;
  try {
    said = yield* readJson(line);
  } catch {
    // Some servers print other lines too; they are ignored.
    return;
  }
  for (const value of Array.isArray(said) ? said : [said]) {
    const message = readMessage(value, secrets);
    if (message !== undefined) deliver(transport, open, message);
    yield;
  }
}

/**
 * Fails the requests whose answers were not kept, and refuses requests of the server that were not
 * kept.
 */
function refuse(
  transport: Transport,
  open: OpenRequests,
  why: string,
  messages: readonly SkimmedMessage[],
): void {
  for (const { id, isCall } of messages) {
    if (id === undefined) continue;
    if (!isCall) deliver(transport, open, messageRefusalOf(id, `its answer ${why}`));
    else {
      const refused = transport.send(messageRefusalOf(id, `the request ${why}`));
      // Refusing is best effort: the server may have stopped reading.
      refused.catch(() => undefined);
    }
  }
}

function deliver(transport: Transport, open: OpenRequests, message: JSONRPCMessage): void {
  if (!("method" in message)) {
    const id = open.settle(message.id);
    if (id !== undefined) transport.onmessage?.({ ...message, id });
  } else {
    // The SDK would report the progress of a call that is over as an error, with the whole message.
    const { progressToken: call } = message.params ?? {};
    if (call === undefined || open.has(call)) transport.onmessage?.(message);
  }
}
