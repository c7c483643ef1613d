import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, installed, RecordedToolbox } from "../../fixture-toolbox.ts";

describe("the filesystem server", () => {
  let folder = "";
  let toolbox: RecordedToolbox;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "coppice-fs-"));
    await writeFile(join(folder, "oak.txt"), "an oak");
    toolbox = await RecordedToolbox.start({
      mcpServers: { fs: installed("server-filesystem", folder) },
    });
  });

  afterAll(async () => {
    await toolbox.box.stop();
    await rm(folder, { recursive: true });
  });

  it("is told as connected, with its tools", () => {
    const [event] = toolbox.events;
    expect(event).toMatchObject({ type: "mcp.connected", server: "fs" });
    expect(toolbox.box.match(["fs/read_text_file"])).toMatchObject([
      { subject: "fs/read_text_file", name: "fs__read_text_file", inputSchema: { type: "object" } },
    ]);
  });

  it("lists and reads real files, as text", async () => {
    const listed = await toolbox.call("fs/list_directory", { path: folder });
    expect(listed).toEqual({ isError: false, value: "[FILE] oak.txt" });
    const read = await toolbox.call("fs/read_text_file", { path: join(folder, "oak.txt") });
    expect(read).toEqual({ isError: false, value: "an oak" });
  });

  it("refuses a path outside its folders, as a failure that says why", async () => {
    const result = await toolbox.call("fs/read_text_file", { path: "/etc/hostname" });
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_FAILED" } });
    expect(result.isError && result.error.message).toMatch(/Access denied/);
  });

  it("does not know a tool that the server does not list", async () => {
    const result = await toolbox.call("fs/format_disk");
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_UNKNOWN" } });
    expect(toolbox.box.has("fs/format_disk")).toBe(false);
    expect(toolbox.box.knows("fs/format_disk")).toBe(false);
    expect(toolbox.box.knows("fs")).toBe(true);
  });

  it("is sent objects only", async () => {
    const result = await toolbox.call("fs/list_directory", "/tmp");
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_INPUT_INVALID" } });
  });
});

describe("the everything server", () => {
  let toolbox: RecordedToolbox;

  beforeAll(async () => {
    toolbox = await RecordedToolbox.start({
      mcpServers: { all: { ...installed("server-everything"), idempotent: ["get-*"] } },
    });
  });

  afterAll(() => toolbox.box.stop());

  it("echoes", async () => {
    const result = await toolbox.call("all/echo", { message: "who is there" });
    expect(result).toEqual({ isError: false, value: "Echo: who is there" });
  });

  it("answers with an image as blocks of the Messages API", async () => {
    const result = await toolbox.call("all/get-tiny-image");
    expect(result.isError === false && result.value).toContainEqual({
      type: "image",
      source: { type: "base64", media_type: "image/png", data: expect.any(String) },
    });
  });

  it("refuses wrong arguments itself", async () => {
    const result = await toolbox.call("all/get-sum", { a: "one", b: 2 });
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_FAILED" } });
    expect(result.isError && result.error.message).toMatch(/Invalid arguments/);
  });

  it("forwards the progress of a long operation", async () => {
    const input = { duration: 1.5, steps: 3 };
    const result = await toolbox.call("all/trigger-long-running-operation", input);
    expect(result.isError).toBe(false);
    const fractions = toolbox.events.flatMap((event) =>
      event.type === "tool.progress" ? [event.fraction] : [],
    );
    // The SDK may drop the last, which comes together with the result.
    expect(fractions.slice(0, 2)).toEqual([1 / 3, 2 / 3]);
  });

  it("is left at once when a long operation is cancelled", async () => {
    const controller = new AbortController();
    const input = { duration: 60, steps: 1 };
    const { signal } = controller;
    const pending = toolbox.call("all/trigger-long-running-operation", input, { signal });
    const next = await toolbox.call("all/echo", { message: "still here" });
    expect(next.isError).toBe(false);
    controller.abort("enough");
    expect(await pending).toMatchObject({ isError: true, error: { code: "CANCELLED" } });
  });

  it("says which of its tools may be run again", () => {
    expect(toolbox.box.isIdempotent("all/get-sum")).toBe(true);
    expect(toolbox.box.isIdempotent("all/echo")).toBe(false);
  });
});

describe("two servers", () => {
  it("may have tools of the same name", async () => {
    const tiny = fixture("tiny-server.ts");
    await using toolbox = await RecordedToolbox.start({ mcpServers: { a: tiny, b: tiny } });
    const cards = toolbox.box.match(["*/pid"]);
    expect(cards.map(({ name }) => name)).toEqual(["a__pid", "b__pid"]);
    expect(await toolbox.call("a/pid")).not.toEqual(await toolbox.call("b/pid"));
  });
});

describe("a server's list of tools", () => {
  it("is read page by page, and again when the server says that it changed", async () => {
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    expect(toolbox.box.has("tiny/second.page")).toBe(true);
    expect(toolbox.box.has("tiny/grown")).toBe(false);
    await toolbox.call("tiny/grow");
    await expect.poll(() => toolbox.box.match(["tiny/grown"])).toHaveLength(1);
  });
});

describe("a server's answers", () => {
  it("are structured content when there is nothing else, or a failure that says so", async () => {
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    const structured = await toolbox.call("tiny/structured");
    expect(structured).toEqual({ isError: false, value: { sheets: 3 } });
    const refused = await toolbox.call("tiny/refuse");
    expect(refused.isError && refused.error.message).toMatch(/"tiny\/refuse" failed: out of paper/);
  });

  it("are not waited for after a cancel, which the server is told of", async () => {
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: fixture("tiny-server.ts") },
    });
    const controller = new AbortController();
    const pending = toolbox.call("tiny/wait", {}, { signal: controller.signal });
    await toolbox.call("tiny/pid");
    controller.abort("enough");
    expect(await pending).toMatchObject({ error: { code: "CANCELLED" } });
    const told = await toolbox.call("tiny/cancelled");
    expect(told.isError === false && JSON.parse(String(told.value))).toHaveLength(1);
  });
});

describe("a server's environment", () => {
  it("is what its configuration says and what programs need, no secret of ours", async () => {
    process.env.COPPICE_TEST_SECRET = "s3cret";
    await using toolbox = await RecordedToolbox.start({
      mcpServers: { tiny: { ...fixture("tiny-server.ts"), env: { GIVEN: "yes" } } },
    });
    delete process.env.COPPICE_TEST_SECRET;
    const result = await toolbox.call("tiny/env");
    const env = JSON.parse(String(result.isError === false && result.value));
    expect(env).toMatchObject({ GIVEN: "yes", PATH: expect.any(String) });
    expect(env).not.toHaveProperty("COPPICE_TEST_SECRET");
  });
});
