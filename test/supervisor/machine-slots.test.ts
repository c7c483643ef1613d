import { expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { TestProbe } from "../../src/testing/index.ts";

const fixture = (name: string) => new URL(`../fixtures/supervisor/${name}`, import.meta.url).href;

it("takes its slot again before the model call of a machine that waited for a budget", async () => {
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  Object.assign(globalThis, { gate: gate.promise });
  const hold = defineTool({
    name: "hold",
    description: "Holds",
    input: {},
    execute: () => held.promise,
  });
  const steps = [{ toolCalls: [{ name: "hold", input: {} }] }, { text: "done" }];
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: [hold],
    limits: { concurrency: 2 },
    budget: { tokens: 3000 },
    agents: {
      caller: {
        machine: fixture("calls-model.ts"),
        model: { provider: fixture("gated-model.ts") },
      },
      holder: { model: { provider: "scripted", steps }, tools: ["hold"] },
    },
  });
  const probe = new TestProbe(supervisor);
  const first = supervisor.run("caller");
  await probe.waitFor("model.started");
  const second = supervisor.run("caller");
  // It reserves what the first has reserved already, waits, and gives its slot to the holder.
  const third = supervisor.run("holder", { input: "go" });
  await probe.waitFor("tool.started");
  expect(supervisor.stats().queues.budget).toBe(1);
  const statuses: (string | undefined)[] = [];
  supervisor.on("model.started", ({ path }) => {
    if (path !== "/caller-2") return;
    statuses.push(supervisor.tree().children.find((child) => child.path === path)?.status);
  });
  gate.resolve();
  expect((await first).status).toBe("completed");
  expect((await second).status).toBe("completed");
  expect(statuses).toEqual(["running"]);
  held.resolve();
  expect((await third).status).toBe("completed");
});
