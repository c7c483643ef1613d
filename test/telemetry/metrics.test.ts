import { metrics } from "@opentelemetry/api";
import { afterAll, describe, expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { observeStats } from "../../src/telemetry/instruments.ts";
import { registerSdk, unregisterSdk } from "./sdk.ts";

const sdk = registerSdk({ traces: false });
afterAll(unregisterSdk);

interface Measured {
  readonly count: number;
  readonly sum: number;
}

describe("the metrics, with no SDK for traces", () => {
  it("count tokens, cost and time by model, and offer what stats() holds", async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const gate = defineTool({
      name: "gate",
      description: "Waits",
      input: { type: "object" },
      execute: () => opened.then(() => "open"),
    });
    const supervisor = await Supervisor.start({ threads: 1, tools: [gate] });
    const ref = await supervisor.spawn(
      {
        name: "waiter",
        tools: ["gate"],
        model: {
          provider: "scripted",
          priceAs: "claude-sonnet-4-5",
          steps: [
            {
              toolCalls: [{ name: "gate", input: {} }],
              usage: { inputTokens: 1000, outputTokens: 50 },
            },
            { text: "Done.", usage: { inputTokens: 2000, outputTokens: 5 } },
          ],
        },
      },
      { input: "Go." },
    );
    await new Promise((resolve) => supervisor.once("tool.started", resolve));
    expect(await sdk.read("coppice.agents")).toContainEqual({
      attributes: { "coppice.status": "running" },
      value: 1,
    });
    expect(await sdk.read("coppice.agents.at_work")).toEqual([{ attributes: {}, value: 1 }]);
    const { calls: underWay } = supervisor.stats();
    expect(await sdk.read("coppice.calls")).toEqual([{ attributes: {}, value: underWay }]);
    expect(await sdk.read("coppice.queue.length")).toHaveLength(3);
    expect(await sdk.read("coppice.host.agents")).toMatchObject([
      { attributes: { "coppice.host.kind": "library" }, value: 1 },
    ]);
    open();
    const { usage } = await ref.outcome;

    const model = { "gen_ai.provider.name": "scripted", "gen_ai.request.model": "scripted" };
    const chat = { "gen_ai.operation.name": "chat", ...model };
    const tokens = await sdk.read("gen_ai.client.token.usage");
    expect(tokens.map(({ attributes, value }) => [attributes, (value as Measured).sum])).toEqual([
      [{ ...chat, "gen_ai.token.type": "input" }, 3000],
      [{ ...chat, "gen_ai.token.type": "output" }, 55],
    ]);
    const [calls] = await sdk.read("gen_ai.client.operation.duration");
    expect(calls).toMatchObject({ attributes: chat, value: { count: 2 } });
    const [tools] = await sdk.read("gen_ai.execute_tool.duration");
    expect(tools).toMatchObject({
      attributes: { "gen_ai.tool.name": "gate", "gen_ai.agent.name": "waiter" },
      value: { count: 1 },
    });
    expect(await sdk.read("gen_ai.invoke_agent.duration")).toMatchObject([{ value: { count: 1 } }]);
    const [cost] = await sdk.read("coppice.cost");
    expect(cost?.value).toBeCloseTo(usage.usd, 9);
    expect(usage.usd).toBeGreaterThan(0);

    await supervisor.stop();
  });

  it("are read from a supervisor only until it has stopped", async () => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    let asked = 0;
    const unobserve = observeStats(metrics.getMeter("coppice"), () => {
      asked += 1;
      return supervisor.stats();
    });
    await sdk.read("coppice.agents");
    expect(asked).toBe(1);
    unobserve();
    await sdk.read("coppice.agents");
    expect(asked).toBe(1);
  });
});
