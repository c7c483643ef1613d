import { describe, expect, it } from "vitest";
import { type ModelSpec, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { textTokens } from "../../src/wire/token-estimate.ts";

const usageModel = new URL("../fixtures/supervisor/usage-model.ts", import.meta.url).href;
const used = {
  inputTokens: 100,
  cacheReadTokens: 1_000,
  cacheWriteTokens: 400,
  cacheWrite1hTokens: 300,
  outputTokens: 10,
  webSearches: 2,
};
const priceAs = "claude-sonnet-4-5";
const nano = 100 * 3_000 + 1_000 * 300 + 100 * 3_750 + 300 * 6_000 + 10 * 15_000 + 2 * 10_000_000;

const start = (options: SupervisorOptions = {}) => Supervisor.start({ threads: 0, ...options });
const models = (usage: object): [string, ModelSpec][] => [
  ["a script", { provider: "scripted", steps: [{ text: "said", usage: usage as never }], priceAs }],
  ["a module", { provider: usageModel, usage: usage as never, priceAs }],
];

describe.each(models(used))("what %s read from a cache, wrote to it and searched", (_, model) => {
  it("counts and is paid for", async () => {
    await using supervisor = await start();
    const outcome = await supervisor.run({ model }, { input: "go" });
    const usd = nano / 1e9;
    const usage = { usd, inputTokens: 1_500, outputTokens: 10, toolCalls: 0, modelCalls: 1 };
    expect(outcome).toMatchObject({ status: "completed" });
    expect(supervisor.usage()).toEqual(usage);
    expect(supervisor.budget().tokens.spent).toBe(1_510);
  });

  it("stands in the event of its end", async () => {
    await using supervisor = await start();
    const usages: unknown[] = [];
    supervisor.on("model.finished", ({ usage }) => usages.push(usage));
    await supervisor.run({ model }, { input: "go" });
    expect(usages).toEqual([used]);
  });
});

it("the exact usage of a script is reserved, cached tokens and searches included", async () => {
  const [[, model]] = models(used) as [[string, ModelSpec], ...unknown[]];
  for (const [usd, status] of [
    [nano / 1e9, "completed"],
    [(nano - 1) / 1e9, "BUDGET_EXCEEDED"],
  ] as const) {
    await using supervisor = await start({ budget: { usd } });
    const run = supervisor.run({ model }, { input: "go" });
    expect(
      await run.then(
        ({ status }) => status,
        ({ code }) => code,
      ),
    ).toBe(status);
  }
});

it("a price tier that an estimate is near to is reserved before it begins", async () => {
  const model = { provider: usageModel, usage: {}, priceAs: "claude-haiku-5-5", maxTokens: 1 };
  const words = (tokens: number) =>
    "the ".repeat((tokens * 1_000) / textTokens("the ".repeat(1_000)));
  for (const [tokens, usd, code] of [
    [60_000, 0.02, undefined],
    [97_000, 0.02, "BUDGET_EXCEEDED"],
    [97_000, 0.08, undefined],
  ] as const) {
    await using supervisor = await start({ budget: { usd } });
    const run = supervisor.run({ model }, { input: words(tokens) });
    expect(
      await run.then(
        () => undefined,
        (error) => error.code,
      ),
    ).toBe(code);
  }
});

const bad = [
  { cacheReadTokens: -1 },
  { cacheWriteTokens: 0.5 },
  { cacheReadTokens: "12" },
  { cacheWrite1hTokens: 1 },
  { cacheWriteTokens: 3, cacheWrite1hTokens: 4 },
  { webSearches: -1 },
  { webSearches: 1_000_000 },
  { cachedTokens: 5 },
];

describe.each(bad.map((usage) => ({ inputTokens: 1, outputTokens: 1, ...usage })))(
  "a usage of %o",
  (usage) => {
    const [[, script], [, module]] = models(usage) as [[string, ModelSpec], [string, ModelSpec]];

    it("is refused in a script", async () => {
      await using supervisor = await start();
      const run = supervisor.run({ model: script }, { input: "go" });
      await expect(run).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    });

    it("is a module's bad reply, which says what is wrong", async () => {
      await using supervisor = await start();
      const outcome = await supervisor.run({ model: module }, { input: "go" });
      expect(outcome).toMatchObject({
        status: "failed",
        error: { code: "MODEL_FAILED", message: expect.stringMatching(/usage|unknown field/) },
      });
    });
  },
);
