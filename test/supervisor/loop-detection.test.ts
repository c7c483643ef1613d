import { describe, expect, it } from "vitest";
import type { AgentSpec, CoppiceError, Limits, ScriptedStep } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, countingTool } from "./scripts.ts";

const enough = 60;
const same: ScriptedStep = { toolCalls: [call("work", { n: 1 })] };
const done: ScriptedStep = { text: "done" };

function repeating(count: number, ...after: readonly ScriptedStep[]): AgentSpec {
  const steps = [...Array.from({ length: count }, () => same), ...after];
  return { name: "a", model: { provider: "scripted", steps }, tools: ["work"] };
}

/** Which of the agent's user messages hold the remark, counted from 0. */
function remarks({ swarm }: OpenSupervisor, path: string): readonly number[] {
  const said = (swarm.kernel.find(path)?.transcript ?? []).filter(({ role }) => role === "user");
  return said.flatMap(({ content }, index) => {
    return JSON.stringify(content).includes("again and again") ? [index] : [];
  });
}

async function run(spec: AgentSpec, limits: Limits, threads: number, work?: () => unknown) {
  const { tool, count } = countingTool("work", work);
  await using open = await openSupervisor({ threads, tools: [tool] });
  const bounds = { turns: enough, ...limits };
  const outcome = await open.supervisor.run(spec, { input: "go", limits: bounds });
  expectAtRest(open);
  const error = "error" in outcome ? (outcome.error as CoppiceError) : undefined;
  return { outcome, error, calls: count.calls, told: remarks(open, outcome.path) };
}

describe.each([0, 1])("a turn that is repeated, on %i threads", (threads) => {
  it.each([0, 1, 3])("may be so %i times, then is told of, then ends it", async (n) => {
    const allowed = await run(repeating(n + 1, done), { repeats: n }, threads);
    expect(allowed).toMatchObject({ outcome: { output: "done" }, calls: n + 1, told: [] });
    const warned = await run(repeating(n + 2, done), { repeats: n }, threads);
    expect(warned).toMatchObject({ outcome: { output: "done" }, calls: n + 2, told: [n + 2] });
    const ended = await run(repeating(enough), { repeats: n }, threads);
    expect(ended).toMatchObject({
      outcome: { status: "failed", usage: { toolCalls: n + 2, modelCalls: n + 3 } },
      error: { code: "LOOP_DETECTED", retryable: false },
      calls: n + 2,
      told: [n + 2],
    });
    expect(ended.error?.details).toMatchObject({ limit: "repeats", value: n });
  });
});

describe("the detection of loops", () => {
  it("is on by default, after twenty repetitions", async () => {
    const ended = await run(repeating(enough), {}, 0);
    expect(ended).toMatchObject({ error: { code: "LOOP_DETECTED" }, calls: 22, told: [22] });
    const almost = await run(repeating(21, done), {}, 0);
    expect(almost).toMatchObject({ outcome: { output: "done" }, told: [] });
  });

  it("lets a model go on that does something else once told, and tells it again", async () => {
    const other: ScriptedStep = { toolCalls: [call("work", { n: 2 })] };
    const spec = repeating(3, other, same, same, same, done);
    const { outcome, calls, told } = await run(spec, { repeats: 1 }, 0);
    expect([outcome, calls, told]).toMatchObject([{ output: "done" }, 7, [3, 7]]);
  });

  it("is not misled by words beside the calls, or by the order of fields", async () => {
    const steps: ScriptedStep[] = [
      { text: "Let me see.", toolCalls: [call("work", { a: 1, b: [{ c: 2 }] })] },
      { text: "Once more.", toolCalls: [call("work", { b: [{ c: 2 }], a: 1 })] },
      { toolCalls: [call("work", { a: 1, b: [{ c: 2 }] })] },
    ];
    const spec: AgentSpec = { model: { provider: "scripted", steps }, tools: ["work"] };
    const { error } = await run(spec, { repeats: 0 }, 0);
    expect(error?.code).toBe("LOOP_DETECTED");
  });

  const one = call("work", { n: 1 });
  const two = call("work", { n: 2 });
  it.each<[string, readonly (typeof one)[][], () => unknown]>([
    ["inputs", [[one], [two], [one], [two]], () => "ok"],
    [
      "an order of calls",
      [
        [one, two],
        [two, one],
        [one, two],
        [two, one],
      ],
      () => "ok",
    ],
    ["a number of calls", [[one], [one, one], [one], [one, one]], () => "ok"],
  ])("does not take other %s for the same", async (_, turns, work) => {
    const steps = [...turns.map((toolCalls) => ({ toolCalls })), done];
    const spec: AgentSpec = { model: { provider: "scripted", steps }, tools: ["work"] };
    const { outcome, told } = await run(spec, { repeats: 0 }, 0, work);
    expect([outcome, told]).toMatchObject([{ output: "done" }, []]);
  });

  it("lets an agent poll whose results change", async () => {
    let asked = 0;
    const { outcome, told } = await run(repeating(30, done), { repeats: 0 }, 0, () => {
      asked += 1;
      return asked;
    });
    expect([outcome, told]).toMatchObject([{ output: "done" }, []]);
  });

  it("goes by the tightest limit above the agent", async () => {
    const { tool, count } = countingTool("work");
    const limits = { repeats: 2, turns: enough };
    await using open = await openSupervisor({ threads: 0, tools: [tool], limits });
    const loose = { input: "go", limits: { repeats: 9 } };
    const outcome = await open.supervisor.run(repeating(enough), loose);
    expect(outcome).toMatchObject({ status: "failed" });
    expect(count.calls).toBe(4);
  });

  it("counts on when the agent loses its host at any event", async () => {
    let at = 0;
    for (let isLost = true; isLost; ) {
      at += 1;
      isLost = false;
      const { tool, count } = countingTool("work");
      await using open = await openSupervisor({ threads: 0, tools: [tool] });
      let happened = 0;
      open.supervisor.on("*", ({ path }) => {
        if (path !== "/a") return;
        happened += 1;
        if (happened !== at) return;
        isLost = true;
        open.loseHostOf("/a");
      });
      const limits = { repeats: 2 };
      const slow: ScriptedStep = { ...same, delayMs: 1 };
      const spec = repeating(0, ...Array.from({ length: enough }, () => slow));
      const options = { input: "go", limits, timeoutMs: 60_000 };
      const outcome = await open.supervisor.run(spec, options);
      const error = { code: "LOOP_DETECTED" };
      expect([at, outcome]).toMatchObject([at, { status: "failed", error }]);
      expect([at, count.calls, remarks(open, "/a")]).toEqual([at, 4, [4]]);
      expectAtRest(open);
    }
    expect(at).toBeGreaterThan(20);
  });
});

const broken = () => {
  throw new Error("no such file");
};

describe.each([0, 1])("turns in which every call fails, on %i threads", (threads) => {
  it.each([0, 1, 3])("may be %i in a row, and not one more", async (n) => {
    const allowed = await run(repeating(n, done), { errors: n }, threads, broken);
    expect(allowed).toMatchObject({ outcome: { output: "done" }, calls: n });
    const ended = await run(repeating(enough), { errors: n }, threads, broken);
    expect(ended).toMatchObject({
      outcome: { status: "failed" },
      error: { code: "TOO_MANY_ERRORS", retryable: false },
      calls: n + 1,
    });
    expect(ended.error?.message).toContain("no such file");
    expect(ended.error?.details).toMatchObject({ limit: "errors", value: n });
  });
});

describe("the limit of errors", () => {
  it("is sixteen by default", async () => {
    const allowed = await run(repeating(16, done), {}, 0, broken);
    expect(allowed).toMatchObject({ outcome: { output: "done" } });
    const ended = await run(repeating(enough), {}, 0, broken);
    expect(ended).toMatchObject({ error: { code: "TOO_MANY_ERRORS" }, calls: 17 });
  });

  it("begins anew with one call that succeeds, also beside others that fail", async () => {
    let made = 0;
    const fails = () => {
      made += 1;
      if (made % 2 === 1) throw new Error("odd");
      return "even";
    };
    const both: ScriptedStep = { toolCalls: [call("work", { n: 1 }), call("work", { n: 2 })] };
    const spec = repeating(0, both, both, both, done);
    const { outcome } = await run(spec, { errors: 0 }, 0, fails);
    expect(outcome).toMatchObject({ output: "done" });
    made = 0;
    const alternating = await run(repeating(12, done), { errors: 1 }, 0, fails);
    expect(alternating.outcome).toMatchObject({ output: "done" });
  });

  it("is told of the call that it keeps its agent from making", async () => {
    await using open = await openSupervisor({ threads: 0 });
    const steps = [{ toolCalls: [call("no_such_tool")] }];
    const spec: AgentSpec = { model: { provider: "scripted", steps, repeat: true } };
    await open.supervisor.run(spec, { input: "go", limits: { errors: 0 } });
    const finished = open.seen.filter(({ type }) => type === "model.finished");
    expect(finished.map(({ isError, code }) => [isError, code])).toEqual([
      [false, undefined],
      [true, "TOO_MANY_ERRORS"],
    ]);
  });

  it("counts what is denied or unknown", async () => {
    const steps = [{ toolCalls: [call("no_such_tool")] }];
    const spec: AgentSpec = { model: { provider: "scripted", steps, repeat: true } };
    const { outcome, error } = await run(spec, { errors: 1 }, 0);
    expect([outcome.status, error?.code]).toEqual(["failed", "TOO_MANY_ERRORS"]);
    expect(error?.message).toContain("TOOL_UNKNOWN");
  });
});
