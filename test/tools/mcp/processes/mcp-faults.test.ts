import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../../src/testing/manual-clock.ts";
import type { CallResult } from "../../../../src/wire/delivery.ts";
import { fixture, isAlive, RecordedToolbox } from "../../fixture-toolbox.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

describe("a server that does not start", () => {
  it.each([
    ["does not exist", { command: "no-such-program-7f3a" }, /could not be started.*ENOENT/],
    [
      "exits at once",
      fixture("exits-at-once.ts"),
      /exited with code 3, saying: no configuration found/,
    ],
    [
      "has no directory to start in",
      { ...fixture("tiny-server.ts"), cwd: "/no/such/place" },
      /ENOENT/,
    ],
  ])("is told once and its tools fail saying why, when it %s", async (_, config, why) => {
    await using toolbox = await RecordedToolbox.start({ mcpServers: { off: config } });
    expect(toolbox.events).toEqual([
      { type: "mcp.lost", server: "off", error: expect.stringMatching(why) },
    ]);
    expect(toolbox.box.knows("off/anything")).toBe(true);
    expect(toolbox.box.has("off/anything")).toBe(false);
    const result = await toolbox.call("off/anything");
    expect(codeOf(result)).toBe("TOOL_FAILED");
    expect(messageOf(result)).toMatch(/MCP server "off" is not connected/);
    expect(messageOf(result)).toMatch(why);
  });

  it("is found by the names that models would know its tools by", async () => {
    const off = { command: "no-such-program-7f3a" };
    const mcpServers = { "a.b": off, a: off };
    await using toolbox = await RecordedToolbox.start({ mcpServers });
    expect(toolbox.box.subjectOf("a_b__read__all")).toBe("a.b/read__all");
    expect(toolbox.box.subjectOf("a__read")).toBe("a/read");
    expect(toolbox.box.subjectOf("b__read")).toBe("b__read");
    expect(toolbox.box.subjectOf("a__")).toBe("a__");
  });

  it("is given up after its time when it never answers", async () => {
    const config = { ...fixture("never-answers.ts"), timeoutMs: 300 };
    await using toolbox = await RecordedToolbox.start({ mcpServers: { mute: config } });
    expect(toolbox.events).toMatchObject([{ type: "mcp.lost", server: "mute" }]);
  });

  it("is told as silent after 10 s, while the attempt goes on", async () => {
    const clock = new ManualClock();
    const mcpServers = { mute: fixture("never-answers.ts") };
    const starting = RecordedToolbox.start({ mcpServers, clock });
    clock.advance(9_999);
    const early = await Promise.race([starting, new Promise((done) => setImmediate(done, "no"))]);
    expect(early).toBe("no");
    clock.advance(1);
    await using toolbox = await starting;
    const error = "it has not answered in 10000 ms";
    expect(toolbox.events).toEqual([{ type: "mcp.lost", server: "mute", error }]);
    expect(messageOf(await toolbox.call("mute/x"))).toContain(error);
  });

  it("fails the start when it is required, and leaves nothing running", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "pids.json");
    const starting = RecordedToolbox.start({
      mcpServers: {
        stubborn: { ...fixture("ignores-the-end.ts", file), timeoutMs: 1_500 },
        off: { command: "no-such-program-7f3a", required: true },
      },
    });
    await expect(starting).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringMatching(/"off" is required and did not start: could not be started/),
    });
    const pids: number[] = JSON.parse(await readFile(file, "utf8"));
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it("does not hold up a server beside it", async () => {
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { off: { command: "no-such-program-7f3a" }, tiny: fixture("tiny-server.ts") },
    });
    expect((await toolbox.call("tiny/pid")).isError).toBe(false);
  });
});

describe("a server that is lost", () => {
  it("fails the call that runs at once, comes back, and is called again", async () => {
    const clock = new ManualClock();
    const mcpServers = { tiny: fixture("tiny-server.ts") };
    await using toolbox = await RecordedToolbox.start({ mcpServers, clock });
    const pid = await pidOf(toolbox);
    const pending = toolbox.call("tiny/wait");
    process.kill(pid, "SIGKILL");

    const result = await pending;
    expect(codeOf(result)).toBe("TOOL_FAILED");
    expect(messageOf(result)).toMatch(/its MCP server was ended by SIGKILL/);
    await toolbox.event("mcp.lost");
    expect(messageOf(await toolbox.call("tiny/pid"))).toMatch(
      /not connected: was ended by SIGKILL/,
    );
    expect(toolbox.box.match(["tiny/*"])).not.toEqual([]);

    clock.advance(1_000);
    await toolbox.event("mcp.connected", 2);
    expect(await pidOf(toolbox)).not.toBe(pid);
    expect(toolbox.events.map(({ type }) => type)).toEqual([
      "mcp.connected",
      "mcp.lost",
      "mcp.connected",
    ]);
  });

  it("says the last words it wrote to standard error", async () => {
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    const result = await toolbox.call("tiny/die");
    expect(messageOf(result)).toMatch(/exited with code 7, saying: the last straw/);
  });
});

describe("the end of a call", () => {
  it("comes when a server does not answer in time", async () => {
    const clock = new ManualClock();
    const mcpServers = { tiny: { ...fixture("tiny-server.ts"), timeoutMs: 5_000 } };
    await using toolbox = await RecordedToolbox.start({ mcpServers, clock });
    const pending = toolbox.call("tiny/wait");
    clock.advance(5_000);
    expect(codeOf(await pending)).toBe("TOOL_TIMED_OUT");
    const told = await toolbox.call("tiny/cancelled");
    expect(told.isError === false && JSON.parse(String(told.value))).toHaveLength(1);
  });

  it("comes when the toolbox stops, which leaves no process", async () => {
    const toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    const pid = await pidOf(toolbox);
    const pending = toolbox.call("tiny/wait");
    await toolbox.box.stop();
    expect(codeOf(await pending)).toBe("CANCELLED");
    expect(codeOf(await toolbox.call("tiny/pid"))).toBe("CANCELLED");
    expect(isAlive(pid)).toBe(false);
    expect(toolbox.events).toHaveLength(1);
  });
});

describe("stop", () => {
  it("is not held up by a server that ignores the end of its input, or its children", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "pids.json");
    const config = { ...fixture("ignores-the-end.ts", file), timeoutMs: 1_500 };
    const clock = new ManualClock();
    const starting = RecordedToolbox.start({ mcpServers: { stubborn: config }, clock });
    await expect.poll(() => readFile(file, "utf8")).toMatch(/\]$/);
    const pids: number[] = JSON.parse(await readFile(file, "utf8"));
    expect(pids.filter(isAlive)).toHaveLength(2);
    clock.advance(1_500);
    const toolbox = await starting;

    const before = performance.now();
    await toolbox.box.stop();
    expect(performance.now() - before).toBeLessThan(20_000);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});

async function pidOf(toolbox: RecordedToolbox): Promise<number> {
  const result = await toolbox.call("tiny/pid");
  return Number(result.isError === false && result.value);
}

function codeOf(result: CallResult): string {
  return result.isError ? result.error.code : "no error";
}

function messageOf(result: CallResult): string {
  return result.isError ? result.error.message : "";
}
