import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CoppiceError } from "../../src/errors.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { type Callable, type CallContext, RunningCall } from "../../src/tools/running-call.ts";
import { defineTool, type ToolContext } from "../../src/tools/tool.ts";
import { RecordedToolbox } from "./fixture-toolbox.ts";

const rejections: unknown[] = [];
const keep = (reason: unknown): void => {
  rejections.push(reason);
};

beforeEach(() => {
  process.on("unhandledRejection", keep);
});

afterEach(async () => {
  // Unhandled rejections are told when the microtasks of a turn are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", keep);
  expect(rejections.splice(0)).toEqual([]);
});

describe("a call that runs to its end", () => {
  it("gives the tool its context and the caller its value", async () => {
    const seen: Partial<ToolContext>[] = [];
    const { call } = await boxOf((_input, context) => {
      const { callId, path, labels, attempt, signal } = context;
      seen.push({ callId, path, labels, attempt });
      expect(signal.aborted).toBe(false);
      return { done: true };
    });
    const request = { callId: "c9", path: "/a/b", labels: { tenant: "x" }, attempt: 2 };
    expect(await call({}, request)).toEqual({ isError: false, value: { done: true } });
    expect(seen).toEqual([request]);
  });

  it.each([
    ["nothing", undefined, null],
    ["a promise", Promise.resolve(7), 7],
    ["an object of which nothing remains", { a: undefined }, {}],
  ])("copies a result of %s as JSON", async (_, returned, value) => {
    const { call } = await boxOf(() => returned);
    expect(await call()).toEqual({ isError: false, value });
  });

  it.each([
    ["a function", () => () => 1, /its result is not plain JSON: it is a function/],
    ["a BigInt", () => ({ n: 1n }), /its value at \/n is a bigint/],
    ["an error", () => Promise.reject(new Error("out of paper")), /"t" failed: out of paper/],
    ["a thrown text", () => rethrow("out of ink"), /failed: out of ink/],
    ["a thrown undefined", () => rethrow(undefined), /failed: undefined/],
    ["a thrown trap", () => rethrow(trap()), /failed: Error/],
    ["a thenable that throws", () => lateThrower("in then"), /failed: in then/],
  ])("tells of %s as TOOL_FAILED, without a stack", async (_, execute, message) => {
    const { call } = await boxOf(execute);
    const result = await call();
    expect(result).toMatchObject({ isError: true, error: { code: "TOOL_FAILED" } });
    expect(result.isError && result.error.message).toMatch(message);
    expect(result.isError && result.error).not.toHaveProperty("stack");
    expect(() => structuredClone(result)).not.toThrow();
  });

  it("does not let a tool speak with a code of the runtime", async () => {
    const { call } = await boxOf(() => rethrow(new CoppiceError("CANCELLED", "not really")));
    expect(await call()).toMatchObject({
      error: { code: "TOOL_FAILED", details: { code: "CANCELLED", tool: "t" } },
    });
  });

  it("cuts a message of a million characters", async () => {
    const { call } = await boxOf(() => rethrow(new Error("x".repeat(1_000_000))));
    const result = await call();
    expect(result.isError && result.error.message.length).toBeLessThan(17_000);
  });
});

describe("a call that is refused", () => {
  it("does not run the tool when the input does not fit, and names each place", async () => {
    const { call, ran } = await boxOf(() => null);
    expect(await call({ n: "one" })).toMatchObject({
      isError: true,
      error: {
        code: "TOOL_INPUT_INVALID",
        message: expect.stringContaining("/n must be number"),
        details: { tool: "t", issues: [{ path: "/n", message: "must be number" }] },
      },
    });
    expect(ran()).toBe(0);
  });

  it("does not run the tool when the signal was aborted before", async () => {
    const { call, ran } = await boxOf(() => null);
    const result = await call({}, { signal: AbortSignal.abort("no") });
    expect(result).toMatchObject({ error: { code: "CANCELLED" } });
    expect(ran()).toBe(0);
  });

  it("does not run the tool when it was cancelled while the input was checked", async () => {
    const check = Promise.withResolvers<{ value: unknown }>();
    let ran = 0;
    const tool = defineTool({
      name: "t",
      description: "Waits for its check.",
      input: { "~standard": { version: 1, vendor: "test", validate: () => check.promise } },
      inputSchema: { type: "object" },
      execute: () => {
        ran += 1;
      },
    });
    await using toolbox = await RecordedToolbox.start({ tools: [tool] });
    const controller = new AbortController();
    const pending = toolbox.call("t", {}, { signal: controller.signal });
    controller.abort();
    expect(await pending).toMatchObject({ error: { code: "CANCELLED" } });
    check.resolve({ value: {} });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toBe(0);
  });
});

describe("a call that is cancelled", () => {
  it("is settled at once, although the tool ignores its signal", async () => {
    const { call, contexts } = await boxOf(() => new Promise(() => undefined));
    const controller = new AbortController();
    const pending = call({}, { signal: controller.signal });
    controller.abort("enough");
    const result = await pending;
    expect(result).toMatchObject({ isError: true, error: { code: "CANCELLED" } });
    expect(result.isError && result.error.message).toContain("enough");
    expect(contexts[0]?.signal.reason).toBe("enough");
  });

  it.each([
    ["resolves", (end: PromiseWithResolvers<unknown>) => end.resolve(1)],
    ["rejects", (end: PromiseWithResolvers<unknown>) => end.reject(new Error("late"))],
    ["resolves with what JSON cannot hold", (end) => end.resolve(1n)],
  ] satisfies [string, (end: PromiseWithResolvers<unknown>) => void][])(
    "does not care when the tool %s late",
    async (_, late) => {
      const end = Promise.withResolvers<unknown>();
      const { call } = await boxOf(() => end.promise);
      const controller = new AbortController();
      const pending = call({}, { signal: controller.signal });
      controller.abort();
      expect(await pending).toMatchObject({ error: { code: "CANCELLED" } });
      late(end);
      await new Promise((resolve) => setImmediate(resolve));
    },
  );

  it("does not become a result of the tool that throws at the abort", async () => {
    const { call } = await boxOf((_, { signal }) => {
      const { promise, reject } = Promise.withResolvers();
      signal.addEventListener("abort", () => reject(new Error("AbortError")));
      return promise;
    });
    const controller = new AbortController();
    const pending = call({}, { signal: controller.signal });
    controller.abort();
    expect(await pending).toMatchObject({ error: { code: "CANCELLED" } });
  });
});

describe("the time of a call", () => {
  it("is over at `timeoutMs`, not one millisecond before", async () => {
    const clock = new ManualClock();
    const { call, contexts } = await boxOf(() => new Promise(() => undefined), clock);
    const pending = call();
    clock.advance(999);
    expect(contexts[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await pending).toMatchObject({
      isError: true,
      error: { code: "TOOL_TIMED_OUT", details: { tool: "t", timeoutMs: 1_000, elapsedMs: 1_000 } },
    });
    expect(contexts[0]?.signal.reason).toMatchObject({ name: "TimeoutError" });
  });

  it("is not extended by the progress of a tool of this process", async () => {
    const clock = new ManualClock();
    const { call, contexts } = await boxOf(() => new Promise(() => undefined), clock);
    const pending = call();
    clock.advance(900);
    contexts[0]?.progress(0.9);
    clock.advance(100);
    expect(await pending).toMatchObject({ error: { code: "TOOL_TIMED_OUT" } });
  });

  it("is extended by the progress of a server's tool, up to a total", async () => {
    const clock = new ManualClock();
    const contexts: CallContext[] = [];
    const callable: Callable = {
      timeoutMs: 1_000,
      maxTotalMs: 3_000,
      read: (value) => ({ valid: true, value, view: value, read: [] }),
      execute: (_, context) => {
        contexts.push(context);
        return new Promise(() => undefined);
      },
    };
    const signal = new AbortController().signal;
    const request = { callId: "1", tool: "s/t", input: {}, path: "/a", labels: {}, attempt: 1 };
    const options = { clock, onProgress: () => undefined };
    const call = new RunningCall(callable, { ...request, signal }, options);
    for (const _ of [900, 1_800, 2_700]) {
      clock.advance(900);
      contexts[0]?.progress(undefined);
    }
    clock.advance(299);
    expect(contexts[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await call.result).toMatchObject({ error: { details: { elapsedMs: 3_000 } } });
  });

  it("includes the check of the input", async () => {
    const clock = new ManualClock();
    const never = new Promise<never>(() => undefined);
    const tool = defineTool({
      name: "t",
      description: "Is never checked.",
      input: { "~standard": { version: 1, vendor: "test", validate: () => never } },
      inputSchema: { type: "object" },
      execute: () => null,
      timeoutMs: 1_000,
    });
    await using toolbox = await RecordedToolbox.start({ tools: [tool], clock });
    const pending = toolbox.call("t");
    clock.advance(1_000);
    expect(await pending).toMatchObject({ error: { code: "TOOL_TIMED_OUT" } });
  });
});

describe("progress", () => {
  it("is told with its call, at most every 100 ms, between 0 and 1", async () => {
    const clock = new ManualClock();
    const { call, contexts, toolbox } = await boxOf(() => new Promise(() => undefined), clock);
    void call();
    const progress = contexts[0]?.progress ?? (() => undefined);
    progress(-1, "begun");
    for (let report = 0; report < 1_000; report += 1) progress(0.5);
    clock.advance(100);
    progress(Number.NaN);
    progress("0.7" as never);
    progress(7, "x".repeat(1_000));
    const told = { type: "tool.progress", callId: "/a#1:1", tool: "t", path: "/a" };
    expect(toolbox.events).toEqual([
      { ...told, fraction: 0, message: "begun" },
      { ...told, fraction: 1, message: expect.stringMatching(/^x{500}\.\.\./) },
    ]);
  });

  it("is not told after the call has ended", async () => {
    const { call, contexts, toolbox } = await boxOf(() => 1);
    await call();
    contexts[0]?.progress(1);
    expect(toolbox.events).toEqual([]);
  });
});

it("leaves no timer and no listener behind 10,000 calls on one signal", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error): void => {
    warnings.push(warning);
  };
  process.on("warning", warn);
  const clock = new ManualClock();
  const { call } = await boxOf(() => Promise.resolve(1), clock);
  const { signal } = new AbortController();
  for (let round = 0; round < 100; round += 1) {
    await Promise.all(Array.from({ length: 100 }, () => call({}, { signal })));
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", warn);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(clock.armed).toBe(0);
  expect(warnings).toEqual([]);
});

it("does not let a tool change the recorded input", async () => {
  const { call } = await boxOf((input) => {
    (input as { n: number }).n = 2;
  });
  const input = { n: 1 };
  await call(input);
  expect(input).toEqual({ n: 1 });
});

/** A toolbox of one tool, `t`, with a second of time for each call. */
async function boxOf(
  execute: (input: unknown, context: ToolContext) => unknown,
  clock = new ManualClock(),
) {
  const contexts: ToolContext[] = [];
  const tool = defineTool({
    name: "t",
    description: "The tool under test.",
    input: { type: "object", properties: { n: { type: "number" } } },
    timeoutMs: 1_000,
    execute: (input, context) => {
      contexts.push(context);
      return execute(input, context);
    },
  });
  const toolbox = await RecordedToolbox.start({ tools: [tool], clock });
  type Call = Parameters<typeof toolbox.call>;
  return {
    toolbox,
    contexts,
    ran: () => contexts.length,
    call: (input: Call[1] = {}, rest: Call[2] = {}) => toolbox.call("t", input, rest),
  };
}

function rethrow(thrown: unknown): never {
  throw thrown;
}

/** Something that can be awaited, and throws when it is. */
function lateThrower(thrown: unknown): object {
  // biome-ignore lint/suspicious/noThenProperty: a tool can return such a thing.
  return Object.defineProperty({}, "then", { value: () => rethrow(thrown) });
}

/** An error that throws again when it is asked. */
function trap(): Error {
  return Object.defineProperty(new Error("trap"), "message", { get: () => rethrow("sprung") });
}
