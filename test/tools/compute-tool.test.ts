import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ComputePool } from "../../src/hosts/compute-pool.ts";
import { defineComputeTool } from "../../src/tools/compute-tool.ts";
import { isTool } from "../../src/tools/tool.ts";
import type { CallResult } from "../../src/wire/delivery.ts";
import { RecordedToolbox } from "./fixture-toolbox.ts";

const file = (name: string): string => new URL(`../fixtures/tools/${name}`, import.meta.url).href;
const base = {
  name: "act",
  description: "Does what it is told.",
  input: { type: "object", properties: { act: { type: "string" } }, required: ["act"] },
  module: file("acts.ts"),
} as const;
const at = (threads: number) => ({ compute: new ComputePool({ threads }) });

describe("defineComputeTool", () => {
  it("returns a frozen tool with its defaults", () => {
    const tool = defineComputeTool(base);
    expect(tool).toMatchObject({ name: "act", timeoutMs: 60_000, idempotent: false });
    expect(tool.compute).toEqual({ url: base.module, memoryMb: 512 });
    expect(Object.isFrozen(tool) && isTool(tool)).toBe(true);
    expect(() => tool.execute({}, {} as never)).toThrow(/threads of a supervisor/);
  });

  it.each([
    ["no module", { module: undefined }, /module undefined/],
    ["a path for a module", { module: "./acts.ts" }, /no "file:" URL/],
    ["another kind of URL", { module: "https://example.com/a.js" }, /no "file:" URL/],
    ["memoryMb 0", { memoryMb: 0 }, /memoryMb 0/],
    ["memoryMb 31", { memoryMb: 31 }, /32 to 65536/],
    ["memoryMb 65537", { memoryMb: 65_537 }, /memoryMb 65537/],
    ["memoryMb 64.5", { memoryMb: 64.5 }, /memoryMb 64.5/],
    ["timeoutMs 0", { timeoutMs: 0 }, /timeoutMs 0/],
    ["a function", { execute: () => 1 }, /unknown option "execute"/],
    ["no description", { description: undefined }, /description/],
    ["no input", { input: undefined }, /neither a JSON Schema nor/],
  ])("refuses %s at once", (_, wrong, message) => {
    expect(() => defineComputeTool({ ...base, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: "OPTIONS_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

describe("a module that is no compute tool", () => {
  it.each([
    ["does not exist", "no-such-file.ts", /no-such-file/],
    ["exports no function", "no-default.ts", /default export is missing, not a function/],
    ["throws", "throws.ts", /not today/],
    ["ends its thread", "exits.ts", /exited with code 4/],
  ])("is refused at the start when it %s, and the rest ends", async (_, module, message) => {
    const bad = defineComputeTool({ ...base, name: "bad", module: file(module) });
    const tools = [defineComputeTool(base), bad];
    await expect(RecordedToolbox.start({ tools, ...at(2) })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("is refused at the start when its import does not end in time", async () => {
    const compute = new ComputePool({ threads: 1, importTimeoutMs: 300 });
    const tools = [defineComputeTool({ ...base, module: file("never-imported.ts") })];
    await expect(RecordedToolbox.start({ tools, compute })).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      message: expect.stringMatching(/not imported in 300 ms/),
    });
  });

  it("ends the wait of a start that is aborted", async () => {
    const controller = new AbortController();
    const tools = [defineComputeTool({ ...base, module: file("never-imported.ts") })];
    const starting = RecordedToolbox.start({ tools, signal: controller.signal });
    controller.abort();
    await expect(starting).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("a call of a compute tool", () => {
  it("gives its result, as plain JSON", async () => {
    await using toolbox = await RecordedToolbox.start({
      tools: [defineComputeTool(base)],
      ...at(1),
    });
    const of = async (act: string) => resultOf(await toolbox.call("act", { act }));
    expect(await of("add")).toBe(5);
    expect(await of("date")).toBe("1970-01-01T00:00:00.000Z");
    expect(await of("nothing")).toBe(null);
    expect(await of("environment")).toEqual({});
    expect(await of("context")).toEqual({
      callId: "/a#1:1",
      path: "/a",
      labels: {},
      attempt: 1,
      isAborted: false,
      progress: "function",
    });
  });

  it("is checked against its schema before, and given what the validator made of it", async () => {
    const input = z.object({ act: z.string().transform(() => "add") });
    const tools = [defineComputeTool(base), defineComputeTool({ ...base, name: "other", input })];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    const wrong = await toolbox.call("act", {});
    expect(wrong).toMatchObject({ isError: true, error: { code: "TOOL_INPUT_INVALID" } });
    expect(resultOf(await toolbox.call("other", { act: "loops" }))).toBe(5);
  });

  it.each([
    ["throws", /"act" failed: it does not work/],
    ["throwsNothing", /"act" failed: undefined/],
    ["getter", /failed: no field today/],
    ["function", /failed: its value at \/add is a function/],
    ["exits", /failed: its thread exited with code 3/],
    ["rejects", /failed: into nowhere/],
  ])("fails when the module %s, and the next call is served", async (act, message) => {
    await using toolbox = await RecordedToolbox.start({
      tools: [defineComputeTool(base)],
      ...at(1),
    });
    const result = await toolbox.call("act", { act });
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_FAILED" } });
    expect(result.isError && result.error.message).toMatch(message);
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
  });

  it("stays on a warm thread", async () => {
    await using toolbox = await RecordedToolbox.start({
      tools: [defineComputeTool(base)],
      ...at(4),
    });
    const first = resultOf(await toolbox.call("act", { act: "thread" }));
    const { threadId } = first as { threadId: number };
    expect(first).toEqual({ threadId, calls: 1 });
    expect(resultOf(await toolbox.call("act", { act: "thread" }))).toEqual({ threadId, calls: 2 });
  });

  it("reports progress, also from a loop that never awaits, until its time is over", async () => {
    const tools = [defineComputeTool({ ...base, timeoutMs: 500 })];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    const result = await toolbox.call("act", { act: "reports" });
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_TIMED_OUT" } });
    const told = toolbox.events.filter(({ type }) => type === "tool.progress");
    expect(told[0]).toMatchObject({ fraction: 0, message: "on the way", callId: "/a#1:1" });
    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThan(7);
  });
});

describe("a call that does not end", () => {
  it.each(["loops", "loopsLater", "never"])("is over with its time when it %s", async (act) => {
    const tools = [defineComputeTool({ ...base, timeoutMs: 500 })];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    const result = await toolbox.call("act", { act });
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_TIMED_OUT" } });
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
  });

  it("is over at once when it is cancelled, and a call behind it runs", async () => {
    await using toolbox = await RecordedToolbox.start({
      tools: [defineComputeTool(base)],
      ...at(1),
    });
    const controller = new AbortController();
    const { signal } = controller;
    const endless = toolbox.call("act", { act: "reports" }, { signal });
    await toolbox.event("tool.progress");
    const behind = toolbox.call("act", { act: "add" });
    controller.abort("enough");
    expect(await endless).toMatchObject({ isError: true, error: { code: "CANCELLED" } });
    expect(resultOf(await behind)).toBe(5);
  });

  it("does not use up the time of those that wait behind it", async () => {
    const tools = [defineComputeTool({ ...base, timeoutMs: 1_000 })];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    const hung = [1, 2].map(() => toolbox.call("act", { act: "loops" }));
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
    expect((await Promise.all(hung)).map(({ isError }) => isError)).toEqual([true, true]);
  });

  it("holds up another tool for no longer than its own time-out, however many hang", async () => {
    const tools = [
      defineComputeTool({ ...base, timeoutMs: 300 }),
      defineComputeTool({ ...base, name: "other", memoryMb: 64 }),
    ];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    const hung = Array.from({ length: 5 }, () => toolbox.call("act", { act: "loops" }));
    let ended = 0;
    for (const call of hung) void Promise.resolve(call).then(() => (ended += 1));
    expect(resultOf(await toolbox.call("other", { act: "add" }))).toBe(5);
    expect(ended).toBe(1);
  });

  it("leaves the queue when it is cancelled before it began", async () => {
    await using toolbox = await RecordedToolbox.start({
      tools: [defineComputeTool(base)],
      ...at(1),
    });
    const first = new AbortController();
    const second = new AbortController();
    const running = toolbox.call("act", { act: "reports" }, { signal: first.signal });
    await toolbox.event("tool.progress");
    const waiting = toolbox.call("act", { act: "loops" }, { signal: second.signal });
    second.abort("not needed");
    expect(await waiting).toMatchObject({ error: { code: "CANCELLED" } });
    first.abort("enough");
    await running;
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
  });

  it("ends with the toolbox", async () => {
    const toolbox = await RecordedToolbox.start({ tools: [defineComputeTool(base)], ...at(1) });
    const calls = ["reports", "add"].map((act) => toolbox.call("act", { act }));
    await toolbox.event("tool.progress");
    await toolbox.box.stop();
    for (const result of await Promise.all(calls)) {
      expect(result).toMatchObject({ isError: true, error: { code: "CANCELLED" } });
    }
  });
});

describe("a thread in a native call that cannot be interrupted", () => {
  it("is replaced and not waited for, up to a bound", async () => {
    const compute = new ComputePool({ threads: 1, killMs: 100 });
    const tools = [defineComputeTool({ ...base, timeoutMs: 600 })];
    await using toolbox = await RecordedToolbox.start({ tools, compute });
    const before = performance.now();
    const stuck = await toolbox.call("act", { act: "blocks" });
    expect(stuck).toMatchObject({ isError: true, error: { code: "TOOL_TIMED_OUT" } });
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
    const again = await toolbox.call("act", { act: "blocks" });
    expect(again).toMatchObject({ isError: true, error: { code: "TOOL_TIMED_OUT" } });
    const refused = await toolbox.call("act", { act: "add" });
    expect(refused.isError && refused.error.message).toMatch(
      /all 2 threads of compute tools are stuck/,
    );
    expect(performance.now() - before).toBeLessThan(4_500);
    await toolbox.box.stop();
    expect(performance.now() - before).toBeLessThan(4_900);
  });
});

describe("a call that fills its memory", () => {
  it.each(["leaks", "leaksMap", "leaksBuffers"])("is refused when it %s", async (act) => {
    const tools = [
      defineComputeTool({ ...base, memoryMb: 64 }),
      defineComputeTool({ ...base, name: "other" }),
    ];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(2) });
    const result = await toolbox.call("act", { act });
    expect(result).toMatchObject({ isError: true, error: { code: "OUT_OF_MEMORY" } });
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
    expect(resultOf(await toolbox.call("other", { act: "add" }))).toBe(5);
  });

  it("works at the smallest limit", async () => {
    const tools = [defineComputeTool({ ...base, memoryMb: 32 })];
    await using toolbox = await RecordedToolbox.start({ tools, ...at(1) });
    expect(resultOf(await toolbox.call("act", { act: "add" }))).toBe(5);
  });
});

function resultOf(result: CallResult): unknown {
  return result.isError ? result.error.message : result.value;
}
