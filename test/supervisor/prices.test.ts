import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type ModelSpec,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { call, spawn } from "./scripts.ts";

const usage = { inputTokens: 1_000, outputTokens: 500 };
const said = (more: object = {}): AgentSpec => ({
  model: { provider: "scripted", steps: [{ text: "said", usage }], ...more },
});
const slowModel = new URL("../fixtures/supervisor/slow-model.ts", import.meta.url).href;
const module = (more: object = {}): AgentSpec => ({ model: { provider: slowModel, ...more } });

const start = (options: SupervisorOptions) => Supervisor.start({ threads: 0, ...options });

async function refusal(act: () => Promise<unknown>) {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}

describe("prices", () => {
  it("charge scripts and modules for what they use", async () => {
    const prices = {
      scripted: { input: 3, output: 15 },
      [slowModel]: { input: 1, output: 2 },
      mine: { input: 0.003, output: 1_000 },
    };
    await using supervisor = await start({ prices, budget: { usd: 10 } });
    const costs: unknown[] = [];
    supervisor.on("model.finished", ({ usd }) => costs.push(usd));
    for (const [spec, nano] of [
      [said(), 10_500_000],
      [said({ priceAs: "claude-haiku-4-5" }), 3_500_000],
      [said({ priceAs: "mine" }), 500_003_000],
      [module(), 30_000],
      [module({ priceAs: "mine" }), 10_000_030],
    ] as const) {
      const usd = nano / 1e9;
      const outcome = await supervisor.run(spec, { input: "go" });
      expect(outcome).toMatchObject({ status: "completed", usage: { usd } });
      expect(costs.pop()).toBe(usd);
    }
    const sum = 10_500_000 + 3_500_000 + 500_003_000 + 30_000 + 10_000_030;
    expect(Math.round(supervisor.usage().usd * 1e9)).toBe(sum);
  });

  it("of a script's exact step let n through and refuse n + 1", async () => {
    const steps = [
      { toolCalls: [call("nothing")], usage },
      { text: "said", usage },
    ];
    const model: ModelSpec = { provider: "scripted", steps };
    const prices = { scripted: { input: 1, output: 1 } };
    for (const [usd, status] of [
      [0.003, "completed"],
      [0.002999999, "exhausted"],
    ] as const) {
      await using supervisor = await start({ prices, budget: { usd } });
      const outcome = await supervisor.run({ model }, { input: "go" });
      expect(outcome.status).toBe(status);
    }
    await using supervisor = await start({ prices, budget: { usd: 0.001499999 } });
    const error = await refusal(() => supervisor.run({ model }, { input: "go" }));
    expect(error).toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: { unit: "usd", asked: 0.0015 },
    });
  });

  it.each([
    ["a module", module()],
    ["an unknown model", { model: "anthropic:claude-next" }],
  ] as const)("of %s are needed where dollars are bounded, by whichever bound", async (_, spec) => {
    const bounds = [
      { usd: 1 },
      { perAction: { usd: 1 } },
      { windows: [{ everyMs: 1_000, usd: 1 }] },
    ];
    for (const budget of bounds) {
      await using supervisor = await start({ budget });
      const error = await refusal(() => supervisor.spawn(spec, { input: "go" }));
      expect(error).toMatchObject({ code: "OPTIONS_INVALID", details: { node: "/" } });
      expect(supervisor.tree().children).toEqual([]);
    }
    await using supervisor = await start({});
    for (const budget of bounds) {
      const error = await refusal(() => supervisor.spawn(spec, { input: "go", budget }));
      expect(error).toMatchObject({ code: "OPTIONS_INVALID" });
    }
  });

  it("of 0 say that a module costs nothing, and without dollars none is needed", async () => {
    const prices = { [slowModel]: { input: 0, output: 0 } };
    await using free = await start({ prices, budget: { usd: 0 } });
    expect(await free.run(module(), { input: "go" })).toMatchObject({ status: "completed" });
    await using unbounded = await start({ budget: { tokens: 100_000 } });
    expect(await unbounded.run(module(), { input: "go" })).toMatchObject({ status: "completed" });
  });

  it("of a child's model are needed too: its parent's model reads that they are not", async () => {
    const lead: AgentSpec = {
      model: { provider: "scripted", steps: [{ toolCalls: [spawn("one")] }, { text: "led" }] },
      agents: ["one"],
    };
    await using supervisor = await start({ agents: { lead, one: module() } });
    const refused: unknown[] = [];
    supervisor.on("spawn.refused", ({ code }) => refused.push(code));
    const outcome = await supervisor.run("lead", { input: "go", budget: { usd: 1 } });
    expect([outcome.status, refused]).toEqual(["completed", ["OPTIONS_INVALID"]]);
  });

  it.each([
    { prices: { a: { input: -1, output: 1 } } },
    { prices: { a: { input: Number.NaN, output: 1 } } },
    { prices: { a: { input: 1, output: 1e9 } } },
    { prices: { a: { input: 1 } } },
    { agents: { a: said({ priceAs: "nobody" }) } },
    { agents: { a: said({ priceAs: 5 }) } },
    { agents: { a: module({ priceAs: "nobody" }) } },
  ])("%j is refused before anything starts", async (options) => {
    const error = await refusal(() => start(options as unknown as SupervisorOptions));
    expect(error).toMatchObject({ code: "OPTIONS_INVALID" });
  });
});
