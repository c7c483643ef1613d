import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  type Budget,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const day = 24 * 3_600_000;
const slowModel = new URL("../fixtures/supervisor/slow-model.ts", import.meta.url).href;
const toldModel = new URL("../fixtures/supervisor/told-model.ts", import.meta.url).href;
const usage = { inputTokens: 60, outputTokens: 40 };
const costly = (steps: number): AgentSpec => ({
  model: {
    provider: "scripted",
    steps: Array.from({ length: steps }, (_, n) =>
      n < steps - 1 ? { toolCalls: [call("work")], usage } : { text: "done", usage },
    ),
  },
  tools: ["work"],
});

const start = (options: SupervisorOptions) =>
  Supervisor.start({ threads: 0, tools: [countingTool("work").tool], ...options });

function collect(supervisor: Supervisor, type: AnyEvent["type"]): AnyEvent[] {
  const events: AnyEvent[] = [];
  supervisor.on(type, (event) => events.push(event));
  return events;
}

describe("budget.windows", () => {
  it("allow so much a day of tool calls, then refuse with the time that is left", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1, 18));
    const { tool, count } = countingTool("work");
    const budget = { windows: [{ everyMs: day, toolCalls: 2 }] };
    const calls = {
      model: script([call("work"), call("work"), call("work")], "done"),
      tools: ["work"],
    };
    await using supervisor = await start({ clock, budget, tools: [tool], agents: { calls } });
    const refused = collect(supervisor, "budget.refused");
    for (const today of [1, 2]) {
      expect(await supervisor.run("calls", { input: "go" })).toMatchObject({ status: "completed" });
      expect([count.calls, refused.length]).toEqual([2 * today, today]);
      expect(supervisor.budget().toolCalls).toMatchObject({
        limit: null,
        spent: 2 * today,
        remaining: 0,
      });
      const left = today === 1 ? 6 * 3_600_000 : day;
      expect(refused.at(-1)).toMatchObject({
        unit: "toolCalls",
        bound: "window",
        retryAfterMs: left,
      });
      clock.advance(left);
      expect(supervisor.budget().toolCalls.remaining).toBe(2);
    }
  });

  it.each([
    // Days of 23 and 25 hours, and one whose midnight does not exist.
    ["Europe/Berlin", 1, "2026-03-28T23:00Z", 23],
    ["Europe/Berlin", 1, "2026-10-24T22:00Z", 25],
    ["America/Santiago", 1, "2026-09-06T04:00Z", 23],
    ["America/Los_Angeles", 7, "2026-01-01T08:00Z", 7 * 24],
    [undefined, 1, "2026-03-29T00:00Z", 24],
  ])("turn at midnight of %s", async (timeZone, days, begin, hours) => {
    const clock = new ManualClock(Date.parse(begin));
    const zone = timeZone === undefined ? {} : { timeZone };
    const budget = { windows: [{ everyMs: days * day, toolCalls: 1, ...zone }] };
    const calls = { model: script([call("work")], [call("work")], "done"), tools: ["work"] };
    const { tool, count } = countingTool("work");
    await using supervisor = await start({ clock, budget, tools: [tool], agents: { calls } });
    const refused = collect(supervisor, "budget.refused");
    await supervisor.run("calls", { input: "go" });
    const left = hours * 3_600_000;
    expect(refused).toMatchObject([{ bound: "window", retryAfterMs: left }]);
    clock.advance(left - 1);
    await supervisor.run("calls", { input: "go" });
    expect([count.calls, refused.at(-1)]).toMatchObject([1, { retryAfterMs: 1 }]);
    clock.advance(1);
    await supervisor.run("calls", { input: "go" });
    expect(count.calls).toBe(2);
  });

  it("end a model call that does not fit, and refuse the next spawn until they turn", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const one = { ...costly(2), budget: { windows: [{ everyMs: 60_000, tokens: 199 }] } };
    await using supervisor = await start({
      clock,
      budget: { windows: [{ everyMs: 60_000, tokens: 250 }] },
      agents: { one, plain: costly(2) },
    });
    expect(await supervisor.run("one", { input: "go" })).toMatchObject({
      status: "exhausted",
      unit: "tokens",
    });
    expect(await supervisor.run("plain", { input: "go" })).toMatchObject({ status: "exhausted" });
    await expect(supervisor.run("plain", { input: "go" })).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: { node: "/", bound: "window", spent: 200, limit: 250, retryAfterMs: 60_000 },
    });
    clock.advance(60_000);
    expect(await supervisor.run("plain", { input: "go" })).toMatchObject({ status: "completed" });
  });

  it("all hold, of spec and options too", async () => {
    const clock = new ManualClock();
    const window = (modelCalls: number) => ({ windows: [{ everyMs: day, modelCalls }] });
    await using supervisor = await start({
      clock,
      agents: { one: { ...costly(3), budget: window(5) } },
    });
    const run = (budget: Budget) => supervisor.run("one", { input: "go", budget });
    expect((await run(window(3))).status).toBe("completed");
    expect((await run(window(2))).status).toBe("exhausted");
    await expect(run(window(0))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });
});

describe("budget.perAction", () => {
  it.each([
    [{ tokens: 100 }, "completed"],
    [{ tokens: 99 }, undefined],
    [{ tokens: 0 }, undefined],
    [{ usd: 0.0001 }, "completed"],
    [{ usd: 0.000099999 }, undefined],
  ])("%j bounds what one call of a script may use", async (perAction, status) => {
    const prices = { scripted: { input: 1, output: 1 } };
    await using supervisor = await start({ prices, agents: { one: costly(2) } });
    const run = supervisor.run("one", { input: "go", budget: { perAction } });
    if (status !== undefined) return expect((await run).status).toBe(status);
    const bound = { bound: "action", node: "/one", reserved: 0 };
    await expect(run).rejects.toMatchObject({ code: "BUDGET_EXCEEDED", details: bound });
  });

  it("lowers the output that a model may give, not under 1,024 tokens", async () => {
    const told: AgentSpec = { model: { provider: toldModel, maxTokens: 9_000 } };
    await using supervisor = await start({ agents: { told } });
    const run = async (tokens: number) =>
      (await supervisor.run("told", { input: "go", budget: { perAction: { tokens } } })) as {
        status: string;
        output?: { maxTokens: number };
      };
    const full = JSON.parse(String((await run(20_000)).output)) as { maxTokens: number };
    expect(full.maxTokens).toBe(9_000);
    const cut = JSON.parse(String((await run(5_000)).output)) as { maxTokens: number };
    expect(cut.maxTokens).toBeLessThan(5_000);
    const prompt = 5_000 - cut.maxTokens;
    const least = JSON.parse(String((await run(prompt + 1_024)).output)) as { maxTokens: number };
    expect(least.maxTokens).toBe(1_024);
    expect(await run(prompt + 1_023).catch(({ code }) => code)).not.toMatchObject({
      status: "completed",
    });
  });
});

describe("a spawn that cannot afford its first call", () => {
  const first: AgentSpec = costly(1);
  it.each([
    [{ tokens: 99 }, "tokens"],
    [{ modelCalls: 0 }, "modelCalls"],
  ] as const)("with %j is refused, as a rejection and as a result", async (budget, unit) => {
    const lead: AgentSpec = { model: script([spawn("one")], "led"), agents: ["one"] };
    const one = { ...first, budget };
    await using supervisor = await start({ agents: { lead, one } });
    const started = collect(supervisor, "agent.started");
    const refused = collect(supervisor, "spawn.refused");
    const details = { node: "/one", unit };
    await expect(supervisor.spawn("one", { input: "go" })).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details,
    });
    expect(await supervisor.run("lead", { input: "go" })).toMatchObject({ output: "led" });
    expect(started.map(({ path }) => path)).toEqual(["/lead"]);
    expect(refused.map(({ path, code }) => [path, code])).toEqual([
      ["/", "BUDGET_EXCEEDED"],
      ["/lead", "BUDGET_EXCEEDED"],
    ]);
    // The name is free again.
    await expect(supervisor.spawn("one", { input: "go" })).rejects.toMatchObject({ details });
  });

  it("counts what was spent, and not what is only reserved", async () => {
    await using supervisor = await start({
      budget: { tokens: 1_500 },
      agents: { slow: { model: { provider: slowModel, maxTokens: 1_024 } } },
    });
    const runs = [1, 2].map(() => supervisor.run("slow", { input: "go" }));
    const outcomes = await Promise.all(runs);
    expect(outcomes.map(({ status }) => status)).toEqual(["completed", "completed"]);
  });
});

describe("a budget that nears its end", () => {
  it("is told once to the model that spends it, before its next call", async () => {
    const told: AgentSpec = { model: { provider: toldModel, calls: 4 }, tools: ["work"] };
    await using supervisor = await start({ agents: { told } });
    const warnings = collect(supervisor, "budget.warning");
    const budget = { toolCalls: 5, warnAt: 0.6 };
    const outcome = await supervisor.run("told", { input: "go", budget });
    const { texts } = JSON.parse(String((outcome as { output?: unknown }).output));
    expect(warnings).toMatchObject([{ path: "/told", unit: "toolCalls", limit: 5, spent: 3 }]);
    const line = "[budget] 60 % of the toolCalls budget of /told are spent: 3 of 5";
    expect(texts).toEqual(["go", line]);
  });

  it("does not begin another turn of who has finished", async () => {
    await using supervisor = await start({ agents: { one: costly(1) } });
    const warnings = collect(supervisor, "budget.warning");
    const outcome = await supervisor.run("one", { input: "go", budget: { tokens: 101 } });
    expect(outcome).toMatchObject({ status: "completed", usage: { modelCalls: 1 } });
    expect(warnings).toHaveLength(1);
  });
});

describe("a budget that trips two levels down", () => {
  const wait = call("wait_agents");
  it.each([
    ["in the foreground", script([spawn("mid")], "led"), script([spawn("leaf")], "went on")],
    [
      "in the background",
      script([spawn("mid", { background: true })], "waits", "led"),
      script([spawn("leaf", { background: true })], "waits", "went on"),
    ],
    [
      "waited for",
      script([spawn("mid", { background: true }), wait], "led"),
      script([spawn("leaf", { background: true }), wait], "went on"),
    ],
  ] as const)("reaches each ancestor %s as an outcome", async (_, leads, mids) => {
    await using supervisor = await start({
      agents: {
        lead: { model: leads, agents: ["mid"] },
        mid: { model: mids, agents: ["leaf"] },
        leaf: { ...costly(3), budget: { tokens: 250 } },
      },
    });
    const stopped = collect(supervisor, "agent.stopped");
    const outcome = await supervisor.run("lead", { input: "go", timeoutMs: 60_000 });
    expect(outcome).toMatchObject({
      status: "completed",
      output: "led",
      usage: { modelCalls: expect.any(Number) },
    });
    expect(stopped.map(({ outcome }) => outcome)).toMatchObject([
      { path: "/lead/mid/leaf", status: "exhausted", unit: "tokens" },
      { path: "/lead/mid", status: "completed", output: "went on" },
      { path: "/lead", status: "completed" },
    ]);
  });

  it("ends every waiting ancestor whose own budget it is", async () => {
    const one: AgentSpec = { model: script([spawn("mid")], "never said"), agents: ["mid"] };
    const mid: AgentSpec = { model: script([spawn("leaf")], "never said"), agents: ["leaf"] };
    await using supervisor = await start({ agents: { one, mid, leaf: costly(9) } });
    const outcome = await supervisor.run("one", { input: "go", budget: { modelCalls: 4 } });
    expect(outcome).toMatchObject({
      status: "exhausted",
      unit: "modelCalls",
      usage: { modelCalls: 4 },
    });
    for (const line of Object.values(supervisor.budget())) expect(line.reserved).toBe(0);
  });
});

it("a thousand rounds of agents racing on two threads make just the tightest number", async () => {
  const { tool, count } = countingTool("work");
  const racer: AgentSpec = { model: script([call("work"), call("work")], "done"), tools: ["work"] };
  const lead = (many: number): AgentSpec => ({
    model: script(
      Array.from({ length: many }, () => spawn("racer")),
      "led",
    ),
    agents: ["racer"],
    tools: ["work"],
  });
  await using supervisor = await Supervisor.start({
    threads: 2,
    tools: [tool],
    agents: { racer, lead: lead(3) },
  });
  for (let batch = 0; batch < 50; batch++) {
    const before = count.calls;
    // Nested: the lead's, that of one call's window, and each racer's; the tightest differs.
    const rounds = Array.from({ length: 20 }, (_, n) => [n % 7, (n * 3) % 8] as const);
    const outcomes = await Promise.all(
      rounds.map(([own, windowed]) =>
        supervisor.run("lead", {
          input: "go",
          budget: { toolCalls: own, windows: [{ everyMs: 300 * day, toolCalls: windowed }] },
        }),
      ),
    );
    const allowed = rounds.map(([own, windowed]) => Math.min(own, windowed, 6));
    expect(outcomes.map(({ usage }) => usage.toolCalls)).toEqual(allowed);
    expect(count.calls - before).toBe(allowed.reduce((sum, each) => sum + each, 0));
    if (batch % 10 === 0) await aWhile();
  }
});

describe("amounts that are no amounts", () => {
  const bad: unknown[] = [
    { usd: -1 },
    { usd: Number.NaN },
    { usd: Infinity },
    { usd: 9_007_200 },
    { tokens: 1.5 },
    { tokens: 2 ** 53 },
    { toolCalls: -1 },
    { modelCalls: Number.NaN },
    { perAction: { usd: -1 } },
    { perAction: { tokens: 0.5 } },
    { perAction: { toolCalls: 1 } },
    { perAction: 5 },
    { windows: [{ everyMs: 0, usd: 1 }] },
    { windows: [{ everyMs: 1.5, usd: 1 }] },
    { windows: [{ everyMs: 367 * day, usd: 1 }] },
    { windows: [{ usd: 1 }] },
    { windows: [{ everyMs: 1_000 }] },
    { windows: [{ everyMs: 1_000, usd: Number.NaN }] },
    { windows: [{ everyMs: 1_000, tokens: 0.1 }] },
    { windows: Array.from({ length: 9 }, () => ({ everyMs: 1, usd: 1 })) },
    { windows: {} },
    { windows: [{ everyMs: day, timeZone: "Europe/Nowhere", usd: 1 }] },
    { windows: [{ everyMs: day, timeZone: "", usd: 1 }] },
    { windows: [{ everyMs: day, timeZone: "+02:00", usd: 1 }] },
    { windows: [{ everyMs: day, timeZone: 60, usd: 1 }] },
    { windows: [{ everyMs: day, timeZone: null, usd: 1 }] },
    { windows: [{ everyMs: 3_600_000, timeZone: "Europe/Berlin", usd: 1 }] },
    { windows: [{ everyMs: day + 1, timeZone: "UTC", usd: 1 }] },
    { windows: [{ everyMs: day, timeZone: "UTC" }] },
    { warnAt: 2 },
    { dollars: 1 },
  ];

  it.each(bad)("%o is refused as an option, in a spec and at a spawn", async (budget) => {
    const no = { code: "OPTIONS_INVALID" };
    const wrong = budget as Budget;
    await expect(start({ budget: wrong })).rejects.toMatchObject(no);
    const spec = { ...costly(1), budget: wrong };
    await expect(start({ agents: { one: spec } })).rejects.toMatchObject(no);
    await using supervisor = await start({ agents: { one: costly(1) } });
    await expect(supervisor.spawn(spec, { input: "go" })).rejects.toMatchObject(no);
    await expect(supervisor.spawn("one", { input: "go", budget: wrong })).rejects.toMatchObject(no);
    expect(supervisor.tree().children).toEqual([]);
  });
});
