import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { ManualClock } from "../../../../src/testing/manual-clock.ts";
import { installed, RecordedToolbox } from "../../fixture-toolbox.ts";

const running: ChildProcess[] = [];

afterEach(() => {
  for (const server of running.splice(0)) server.kill("SIGKILL");
});

it("calls a server behind a URL, notices its death and finds it again", async () => {
  const port = await freePort();
  const server = await everything(port);
  const clock = new ManualClock();
  const url = `http://127.0.0.1:${port}/mcp`;
  await using toolbox = await RecordedToolbox.start({ mcpServers: { web: { url } }, clock });
  const echoed = await toolbox.call("web/echo", { message: "hello" });
  expect(echoed).toEqual({ isError: false, value: "Echo: hello" });

  const input = { duration: 60, steps: 60 };
  const pending = toolbox.call("web/trigger-long-running-operation", input);
  await toolbox.call("web/echo", { message: "again" });
  server.kill("SIGKILL");
  const failed = await pending;
  expect(failed).toMatchObject({ isError: true, error: { code: "TOOL_FAILED" } });
  await toolbox.event("mcp.lost");

  await everything(port);
  clock.advance(1_000);
  await toolbox.event("mcp.connected", 2);
  expect((await toolbox.call("web/echo", { message: "hello" })).isError).toBe(false);
});

it("tells a URL that nobody serves as lost, without its headers", async () => {
  const url = `http://127.0.0.1:${await freePort()}/mcp`;
  const mcpServers = { web: { url, headers: { authorization: "Bearer s3cret" } } };
  await using toolbox = await RecordedToolbox.start({ mcpServers });
  expect(toolbox.events).toMatchObject([{ type: "mcp.lost", server: "web" }]);
  expect(JSON.stringify(toolbox.events)).not.toContain("s3cret");
});

async function everything(port: number): Promise<ChildProcess> {
  const { command, args = [] } = installed("server-everything", "streamableHttp") as {
    readonly command: string;
    readonly args?: readonly string[];
  };
  const env = { PATH: process.env.PATH, PORT: String(port) };
  const server = spawn(command, [...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  running.push(server);
  await once(server.stderr ?? server, "data");
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
