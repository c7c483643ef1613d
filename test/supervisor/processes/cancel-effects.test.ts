import { BroadcastChannel } from "node:worker_threads";
import { expect, it } from "vitest";
import type { AgentSpec } from "../../../src/wire/spec.ts";
import { expectAtRest, openSupervisor } from "../open-supervisor.ts";

const file = (name: string): URL => new URL(`../../fixtures/${name}`, import.meta.url);

const heardOn = (name: string) => {
  const channel = new BroadcastChannel(name);
  const first = Promise.withResolvers<void>();
  const heard = { count: 0, first: first.promise, close: () => channel.close() };
  channel.onmessage = () => {
    heard.count += 1;
    first.resolve();
  };
  return heard;
};

it("a permit in flight is not acted on: 200 of them wait for a thread when it comes", async () => {
  const model = { provider: file("supervisor/counted-model.ts").href };
  const blocker = { machine: file("supervisor/blocks.ts").href };
  const limits = { concurrency: 1_000 };
  const asked = heardOn("counted-model");
  const blocked = heardOn("blocks");
  const agents = { caller: { model }, blocker };
  await using open = await openSupervisor({ threads: 1, agents, limits });
  const { supervisor } = open;
  const blocking = await supervisor.spawn("blocker");
  const spawns = Array.from({ length: 200 }, () => supervisor.spawn("caller", { input: "Go." }));
  const callers = await Promise.all(spawns);
  // Paused they have asked for their permits and were not given them.
  for (const { path } of callers) await supervisor.pause(path);
  await expect.poll(() => supervisor.stats().agents.paused).toBe(200);
  blocking.tell({ type: "block" });
  await blocked.first;
  for (const { path } of callers) await supervisor.resume(path);
  await open.until("model.started", undefined, 200);
  await new Promise(setImmediate);
  const cancelled = callers.map((caller) => caller.cancel());
  await Promise.all(cancelled);
  for (const { outcome } of callers) expect(await outcome).toMatchObject({ status: "cancelled" });
  expect(asked.count).toBe(0);
  // The channel tells in order: behind this call there is none of before.
  expect(await supervisor.run("caller", { input: "Go." })).toMatchObject({ status: "completed" });
  await asked.first;
  expect(asked.count).toBe(1);
  asked.close();
  blocked.close();
  await supervisor.cancel("/");
  expectAtRest(open);
});

it("a running MCP call is cancelled at its server", async () => {
  const tool = (name: string): AgentSpec => ({
    model: {
      provider: "scripted",
      steps: [{ toolCalls: [{ name: `tiny__${name}`, input: {} }] }, { text: "Over." }],
    },
    tools: ["tiny/*"],
  });
  const tiny = { command: process.execPath, args: [file("mcp/tiny-server.ts").pathname] };
  await using open = await openSupervisor({
    threads: 1,
    mcpServers: { tiny },
    agents: { waiter: tool("wait"), asker: tool("cancelled") },
  });
  const { supervisor } = open;
  const waiter = await supervisor.spawn("waiter", { input: "Wait." });
  await open.until("tool.started");
  await waiter.cancel();
  expect(await waiter.outcome).toMatchObject({ status: "cancelled", usage: { toolCalls: 1 } });
  await supervisor.run("asker", { input: "What was cancelled?" });
  const told = await open.until("tool.finished", ({ path }) => path === "/asker");
  expect(JSON.stringify(told.result)).toMatch(/\[\d+\]/);
  expectAtRest(open);
});
