import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defineTool, type ToolContext } from "../../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "../open-supervisor.ts";
import { aWhile, call, script } from "../scripts.ts";

type Execute = (context: ToolContext) => unknown;

/** One agent that calls a bad tool, then a good one, and that can afford exactly these two. */
async function withTool(execute: Execute, timeoutMs = 60_000): Promise<OpenSupervisor> {
  const about = { description: "A tool.", input: { type: "object" } } as const;
  const run = (_: unknown, context: ToolContext) => execute(context);
  const bad = defineTool({ name: "bad", ...about, timeoutMs, execute: run });
  const good = defineTool({ name: "good", ...about, execute: () => "fine" });
  const model = script([call("bad")], [call("good")], "done");
  const lead = { model, input: "go", tools: ["bad", "good"], budget: { toolCalls: 2 } };
  return openSupervisor({ threads: 0, tools: [bad, good], agents: { lead } });
}

function results({ seen }: OpenSupervisor): unknown[] {
  return seen.flatMap((event) =>
    event.type === "tool.finished"
      ? [event.isError ? (event.error as { code: string }).code : event.result]
      : [],
  );
}

describe("a tool on the supervisor's thread", () => {
  const never = new Promise(() => undefined);
  const twice = {
    // biome-ignore lint/suspicious/noThenProperty: a promise that resolves twice is the point.
    then: (resolve: (value: string) => void, reject: (error: Error) => void) => {
      resolve("first");
      resolve("second");
      reject(new Error("and rejects"));
    },
  };
  const bursts = {
    // biome-ignore lint/suspicious/noThenProperty: so is one that cannot be waited for.
    get then() {
      throw new Error("no then");
    },
  };
  const cases: readonly [string, Execute, unknown][] = [
    ["never answers", () => never, "TOOL_TIMED_OUT"],
    ["throws what is no error", () => Promise.reject(undefined), "TOOL_FAILED"],
    ["throws when its time is over", (context) => afterAbort(context, true), "TOOL_TIMED_OUT"],
    ["answers when its time is over", (context) => afterAbort(context, false), "TOOL_TIMED_OUT"],
    ["resolves twice and rejects", () => twice, "first"],
    ["gives a promise that bursts", () => bursts, "TOOL_FAILED"],
    ["returns a function", () => () => 1, "TOOL_FAILED"],
    ["returns a symbol", () => ({ deep: [Symbol("s")] }), "TOOL_FAILED"],
    ["returns a circle", () => circle(), "TOOL_FAILED"],
    [
      "returns a getter that throws",
      () => ({
        get a() {
          throw new Error("no");
        },
      }),
      "TOOL_FAILED",
    ],
    ["returns a revoked proxy", () => revoked(), "TOOL_FAILED"],
    [
      "throws an error whose message throws",
      () => {
        throw unspeakable();
      },
      "TOOL_FAILED",
    ],
    ["reports progress that is none", ({ progress }) => progress(Number.NaN, {} as never), null],
  ];

  it.each(cases)("harms only its own call when it %s", async (_, execute, expected) => {
    await using all = await withTool(execute, 80);
    const outcome = await all.supervisor.run("lead");
    expect(outcome).toMatchObject({ status: "completed", output: "done", usage: { toolCalls: 2 } });
    expect(results(all)).toEqual([expected, "fine"]);
    expect(all.supervisor.budget("/lead").toolCalls).toMatchObject({ spent: 2, reserved: 0 });
    expectAtRest(all);
  });

  it.each([
    ["ignores its signal", () => never],
    ["throws after the cancel", (context: ToolContext) => afterAbort(context, true)],
    ["answers after the cancel", (context: ToolContext) => afterAbort(context, false)],
  ])("does not hold a cancel when it %s", async (_, execute) => {
    await using all = await withTool(execute);
    const agent = await all.supervisor.spawn("lead");
    await all.until("tool.started");
    await all.supervisor.cancel(agent.path, "enough");
    expect(await agent.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expectAtRest(all);
    const told = all.seen.length;
    await aWhile();
    expect(all.seen.slice(told)).toEqual([]);
  });

  it("is not heard after its call has ended", async () => {
    let late: ToolContext | undefined;
    await using all = await withTool((context) => {
      late = context;
      return "early";
    });
    await all.supervisor.run("lead");
    const told = all.seen.length;
    late?.progress(0.5, "still here");
    expect(late?.signal.aborted).toBe(false);
    await aWhile();
    expect(all.seen.slice(told)).toEqual([]);
    expect(results(all)).toEqual(["early", "fine"]);
  });
});

describe("what a tool leaves to nobody", () => {
  it.each([
    ["a rejection", "rejects", "unhandled", "into nowhere"],
    ["a listener that throws", "listener", "uncaught", "from a listener"],
    ["a listener that rejects", "async-listener", "uncaught", "from a listener"],
  ])("is Node's to handle: %s ends a program that does not, and no other", async (...row) => {
    const [, what, how, message] = row;
    const alone = await program(what);
    expect(alone.code).toBe(1);
    expect(alone.stderr).toContain(message);
    const guarded = await program(what, "guarded");
    expect(guarded.stderr).toBe("");
    const said = guarded.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const blamed = said.filter((word) => word[0] === how);
    expect(blamed).toEqual([[how, expect.stringContaining(message)]]);
    expect(said.filter((word) => !blamed.includes(word))).toEqual([
      ["bad", "TOOL_TIMED_OUT"],
      "completed",
      ["good", "fine"],
      "completed",
      { atWork: 0, calls: 0 },
      "stopped",
    ]);
    expect(guarded.code).toBe(0);
  });
});

/** Waits for its signal, and a moment more, so that whoever aborted it has gone on. */
function afterAbort({ signal }: ToolContext, throws: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () =>
      setImmediate(() => (throws ? reject(new Error("too late")) : resolve("too late"))),
    );
  });
}

function circle(): unknown {
  const self: { self?: unknown } = {};
  self.self = self;
  return self;
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  // Not the proxy itself, which could not even be awaited.
  return { proxy };
}

function unspeakable(): Error {
  return Object.defineProperty(new Error(), "message", {
    get: () => {
      throw new Error("no words");
    },
  });
}

function program(...args: string[]) {
  const file = fileURLToPath(
    new URL("../../fixtures/supervisor/bad-tool-program.ts", import.meta.url),
  );
  const run = ["--conditions=coppice-source", file, ...args];
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, run, { timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
