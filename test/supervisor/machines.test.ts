import { describe, expect, it } from "vitest";
import type { CoppiceError } from "../../src/index.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;

describe.each([0, 2])("a custom machine on %i threads", (threads) => {
  it("calls tools, models and agents through the door, waits, and answers", async () => {
    const swarm = smallSwarm({ threads });
    await using open = await openSupervisor(swarm.options);
    const agent = await open.supervisor.spawn("errand");
    await open.until("tool.finished");
    expect(await agent.ask({ type: "progress" }, { timeoutMs: 60_000 })).toBeTypeOf("number");
    expect(await agent.outcome).toMatchObject({
      status: "completed",
      output: errandOutput,
    });
    expect(swarm.executed).toHaveLength(3);
    expectAtRest(open);
  });

  it("asks a model that is a module, beside itself on its user-code host", async () => {
    const swarm = smallSwarm({ threads });
    const model = { provider: fixture("echo-model") };
    const errand = { machine: fixture("errand"), model, agents: ["helper"], tools: ["work"] };
    const agents = { ...swarm.options.agents, errand };
    await using open = await openSupervisor({ ...swarm.options, agents });
    expect(await open.supervisor.run("errand")).toMatchObject({
      status: "completed",
      output: [{}, {}, "Helped.", "I read 1."],
    });
    expect(open.supervisor.usage({ path: "/errand" }).inputTokens).toBe(7 + 2 * 20);
    expectAtRest(open);
  });

  it("that ends in a state tagged as failed has failed", async () => {
    await using open = await openSupervisor({ threads });
    const outcome = await open.supervisor.run({ machine: fixture("fails") });
    expect(outcome).toMatchObject({ status: "failed" });
    const { error } = outcome as { error: CoppiceError };
    expect(error.message).toContain("beaten");
    expect(JSON.stringify(error.details)).toContain("the door was locked");
    expectAtRest(open);
  });
});
