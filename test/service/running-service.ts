import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = "examples/service/main.ts";

/** The example's program as a child process on a port of its own. */
export interface RunningService extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** What /metrics says, by name and labels. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Sends SIGTERM and answers with how it ended. */
  terminate(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export async function startService(env: Record<string, string> = {}): Promise<RunningService> {
  const { ANTHROPIC_API_KEY: _key, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--conditions=coppice-source", program], {
    cwd: root,
    env: { ...inherited, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk;
      const [found] = /http:\/\/\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    void exited.then(() => reject(new Error(`it ended before it listened: ${said}`)));
  });
  return {
    child,
    url,
    async metrics() {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      return new Map(
        lines.map((line) => {
          const at = line.lastIndexOf(" ");
          return [line.slice(0, at), Number(line.slice(at + 1))];
        }),
      );
    },
    async terminate() {
      child.kill("SIGTERM");
      const [code, signal] = await exited;
      return { code, signal };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A client of one run: one connection of its own. */
export interface Client {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Resolves when the text has come; rejects when the stream ends before. */
  until(text: string): Promise<void>;
  /** Everything, once the stream has ended. */
  all(): Promise<string>;
  hangUp(): void;
}

export async function startRun(url: string, key: string, input = "Order 42?"): Promise<Client> {
  const sent = request(`${url}/runs`, {
    method: "POST",
    agent: new Agent({ keepAlive: false }),
    headers: { "x-api-key": key, "content-type": "application/json" },
  });
  // Hanging up is an error here; whoever hangs up asks for nothing more.
  sent.on("error", () => sent.destroy());
  sent.end(JSON.stringify({ input }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let said = "";
  let ended = false;
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    said += chunk;
  });
  const closed = new Promise<void>((resolve) => {
    response.once("close", () => {
      ended = true;
      resolve();
    });
    response.once("error", () => resolve());
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    async until(text) {
      while (!said.includes(text)) {
        if (ended) throw new Error(`the stream ended without ${text}: ${said}`);
        await Promise.race([once(response, "data"), closed]);
      }
    },
    async all() {
      await closed;
      return said;
    },
    hangUp: () => sent.destroy(),
  };
}
