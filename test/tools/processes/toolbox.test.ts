import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { defineTool } from "../../../src/tools/tool.ts";
import { fixture, isAlive, RecordedToolbox } from "../fixture-toolbox.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const named = (name: string) =>
  defineTool({
    name,
    description: `Is ${name}.`,
    input: { type: "object" },
    idempotent: name === "again",
    execute: () => name,
  });

describe("a toolbox", () => {
  it("lists its tools, and shows those that names and globs match, in its order", async () => {
    const tools = [named("add"), named("again"), named("see.all")];
    await using toolbox = await RecordedToolbox.start({ tools });
    expect(toolbox.box.list().map(({ subject }) => subject)).toEqual(["add", "again", "see.all"]);
    expect(toolbox.box.match(["see*", "a*", "add", "none"])).toEqual([
      { subject: "add", name: "add", description: "Is add.", inputSchema: { type: "object" } },
      expect.objectContaining({ subject: "again", name: "again" }),
      expect.objectContaining({ subject: "see.all", name: "see_all" }),
    ]);
    expect(toolbox.box.match([])).toEqual([]);
  });

  it("knows its tools and no others", async () => {
    await using toolbox = await RecordedToolbox.start({ tools: [named("add")] });
    expect(toolbox.box.has("add")).toBe(true);
    expect(toolbox.box.knows("add")).toBe(true);
    expect(toolbox.box.has("ad")).toBe(false);
    expect(toolbox.box.knows("fs/add")).toBe(false);
    expect(toolbox.box.has("toString")).toBe(false);
    expect(await toolbox.call("sub")).toMatchObject({
      isError: true,
      error: { code: "TOOL_UNKNOWN", message: expect.stringContaining('no tool "sub"') },
    });
  });

  it("finds a tool by the name that models know it by", async () => {
    await using toolbox = await RecordedToolbox.start({ tools: [named("see.all")] });
    expect(toolbox.box.subjectOf("see_all")).toBe("see.all");
    expect(toolbox.box.subjectOf("see.all")).toBe("see.all");
    expect(toolbox.box.subjectOf("none")).toBe("none");
  });

  it("says what may be run again", async () => {
    await using toolbox = await RecordedToolbox.start({ tools: [named("again"), named("once")] });
    expect(toolbox.box.isIdempotent("again")).toBe(true);
    expect(toolbox.box.isIdempotent("once")).toBe(false);
    expect(toolbox.box.isIdempotent("none")).toBe(false);
  });

  it("cancels what runs when it stops", async () => {
    const slow = defineTool({
      name: "slow",
      description: "Never ends.",
      input: { type: "object" },
      execute: () => new Promise(() => undefined),
    });
    const toolbox = await RecordedToolbox.start({ tools: [slow] });
    const pending = toolbox.call("slow");
    await toolbox.box.stop();
    await toolbox.box.stop();
    expect(await pending).toMatchObject({ error: { code: "CANCELLED" } });
  });
});

describe("a toolbox does not start with", () => {
  it.each([
    ["two tools of one name", [named("add"), named("add")], /Two tools are named "add"/],
    ["two names that models cannot tell apart", [named("a.b"), named("a_b")], /shown to models/],
    ["a name like the loop's", [named("spawn.agent")], /the agent loop/],
    ["a tool that was not defined", [{ name: "x" } as never], /tools\[0\] was not made by/],
  ])("%s", async (_, tools, message) => {
    await expect(RecordedToolbox.start({ tools })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("a wrong server, and starts none", async () => {
    const mcpServers = { tiny: fixture("tiny-server.ts"), "a/b": fixture("tiny-server.ts") };
    await expect(RecordedToolbox.start({ mcpServers })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
    });
  });
});

describe("a server's tool that would be named like another", () => {
  it("gets a hash behind its name and is told, and can be called by it", async () => {
    await using toolbox = await RecordedToolbox.start({
      tools: [named("tiny__pid")],
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    const [own, servers] = toolbox.box.match(["tiny__pid", "tiny/pid"]);
    expect([own?.name, servers?.name]).toEqual([
      "tiny__pid",
      expect.stringMatching(/^tiny__pid_[0-9a-f]{6}$/),
    ]);
    expect(toolbox.events).toContainEqual({
      type: "tool.renamed",
      server: "tiny",
      tool: "pid",
      name: servers?.name,
    });
    const subject = toolbox.box.subjectOf(servers?.name as string);
    expect(subject).toBe("tiny/pid");
    expect(await toolbox.call(subject)).toMatchObject({ isError: false });
  });
});

describe("the process", () => {
  const program = fileURLToPath(new URL("../../fixtures/mcp/program.ts", import.meta.url));

  it.each([
    ["ends by itself after `stop`", "stop"],
    ["exits without it", "exit"],
  ])("takes even a stubborn server and its child with it when it %s", async (_, end) => {
    const file = join(await temporaryFolder(), "pids.json");
    const options = { timeout: 60_000 };
    const ran = await promisify(execFile)(process.execPath, [program, end, file], options);
    const pids: number[] = JSON.parse(await readFile(file, "utf8"));
    expect(pids).toHaveLength(2);
    await expect.poll(() => [Number(ran.stdout), ...pids].filter(isAlive)).toEqual([]);
  });
});
