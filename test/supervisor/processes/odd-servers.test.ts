import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { McpServerConfig } from "../../../src/index.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";
import { HostileSwarm } from "../hostile-swarm.ts";
import { MAX_PAUSE_MS } from "../longest-pause.ts";

const MB = 1_048_576;

const list = (...args: string[]): McpServerConfig => fixture("list-server.ts", ...args);
const text = (end: { readonly said: string } | undefined): unknown => JSON.parse(end?.said ?? "");

describe("an answer over stdio", () => {
  let swarm: HostileSwarm;

  beforeAll(async () => {
    swarm = await HostileSwarm.start({
      wide: list("plain"),
      tight: { ...list("plain"), maxMessageMb: 0.25 },
      brief: { ...list("plain"), maxMessageMb: 0.03 },
    });
  });

  afterAll(() => swarm?.[Symbol.asyncDispose]());

  it.each([
    ["wide", 10 * MB],
    ["tight", 0.25 * MB],
  ])(
    "of as many bytes as %s allows is whole, of one more the error of its call",
    async (server, most) => {
      swarm.takePause();
      const whole = await swarm.callAmong(server, "bytes", { bytes: most });
      expect(whole.isError).toBe(false);
      const over = await swarm.callAmong(server, "bytes", { bytes: most + 1 });
      expect(over).toMatchObject({ isError: true, code: "TOOL_FAILED" });
      expect(over.said).toContain(`its answer has ${most + 1} bytes, more than the ${most} of`);
      expect(over.said).toContain(`maxMessageMb: ${most / MB}`);
      expect(over.said).not.toContain("MCP error");
      expect(swarm.takePause()).toBeLessThan(MAX_PAUSE_MS);
      expect(swarm.of("mcp.lost", server)).toEqual([]);
    },
  );

  it("of 11 MB, 300,000 values or 60,000 keys costs its call alone", async () => {
    swarm.takePause();
    const huge = await swarm.callAmong("wide", "bytes", { bytes: 11 * MB });
    const values = await swarm.callAmong("wide", "values", { count: 300_000 });
    const keys = await swarm.callAmong("wide", "keys", { count: 60_000 });
    expect(huge.said).toContain("11534336 bytes");
    expect(values.said).toContain("more than 250000 JSON values");
    expect(keys.said).toContain("more than 50000 keys");
    expect(swarm.takePause()).toBeLessThan(MAX_PAUSE_MS);
    expect(swarm.of("mcp.lost", "wide")).toEqual([]);
  });

  it("of over ten times the limit ends the server, saying so, and it comes back", async () => {
    const [end] = await swarm.call(["brief/bytes", { bytes: 3.1 * 0.1 * MB + 10_000 }]);
    expect(end).toMatchObject({ isError: true, code: "TOOL_FAILED" });
    expect(end?.said).toMatch(/sent a line of more than \d+ bytes/);
    await swarm.until("mcp.lost", "brief");
    await swarm.until("mcp.connected", "brief", 2);
    expect((await swarm.call("brief/ok"))[0]?.isError).toBe(false);
  });

  it("that is too long and a request of the server's is refused", async () => {
    const [asked, last] = await swarm.call(["tight/ask", { bytes: 0.3 * MB }], "tight/last");
    expect(asked).toMatchObject({ isError: false, said: '"asked"' });
    expect(text(last)).toContain('"id":"big"');
    expect(text(last)).toContain("the request has");
  });

  it("with an odd part is told once, with its tool", async () => {
    const widget = ["wide/part", { part: { type: "widget", at: 1 } }] as const;
    for (const end of await swarm.call(widget, widget)) {
      expect(end).toMatchObject({ isError: false, said: expect.stringContaining("seen") });
    }
    expect(swarm.of("mcp.skipped", "wide")).toMatchObject([
      { tool: "part", reason: expect.stringContaining('"widget"') },
    ]);
  });

  it("that is an error says its data, bounded", async () => {
    const fail = (data: unknown) =>
      swarm.call(["wide/fail", { error: { code: -5, message: "no", data } as never }]);
    expect((await fail({ path: "/oak" }))[0]?.said).toMatch(/MCP error -5: no; data: .*oak/);
    expect((await fail("x".repeat(100_000)))[0]?.said.length).toBeLessThan(10_000);
  });
});

describe("a list of tools", () => {
  it("of 10 MB, with one tool of 5 MB, holds the thread for no pause", async ({ annotate }) => {
    await using swarm = await HostileSwarm.start({ large: list("large") });
    await swarm.until("mcp.connected", "large");
    const pause = swarm.takePause();
    void annotate(`the longest pause: ${pause.toFixed(1)} ms`);
    expect(pause).toBeLessThan(MAX_PAUSE_MS);
    expect(swarm.of("mcp.connected", "large")).toMatchObject([{ tools: 1_000 }]);
    expect(swarm.of("mcp.skipped", "large")).toEqual([]);
    const tools = ["large/ok", "large/huge"];
    const [ok, huge] = await swarm.callAs({ tools }, ["large/ok"], ["large/huge"]);
    expect([ok?.said, huge?.isError]).toEqual(['"well"', false]);
  });

  it("tells what it leaves out once, however often it is read again", async () => {
    await using swarm = await HostileSwarm.start({ skips: list("skips", "3") });
    await swarm.until("mcp.skipped", "skips", 3);
    const [pid] = await swarm.call("skips/pid");
    process.kill(Number(text(pid)), "SIGKILL");
    await swarm.until("mcp.connected", "skips", 2);
    expect(swarm.of("mcp.skipped", "skips")).toHaveLength(3);
  });

  it("keeps the good pages before a broken one", async () => {
    await using swarm = await HostileSwarm.start({ broken: list("brokenPage") });
    expect((await swarm.call("broken/ok"))[0]).toMatchObject({ said: '"well"' });
    expect(swarm.of("mcp.skipped", "broken")).toMatchObject([
      { reason: expect.stringMatching(/page 2 .*no second page/) },
    ]);
  });
});
