import { describe, expect, it } from "vitest";
import { defineTool } from "../../src/index.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";
import {
  endless,
  type MessagesServer,
  overloaded,
  startMessagesServer,
} from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const claude = (server: MessagesServer): AgentSpec => ({
  model: { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url },
});

/** Calls the tool `work` once, then ends. */
const worker: AgentSpec = {
  model: {
    provider: "scripted",
    steps: [{ text: "Working.", toolCalls: [{ name: "work", input: {} }] }, { text: "Done." }],
  },
  tools: ["work"],
};

const object = { type: "object" } as const;

describe("cancelling an agent", () => {
  it("whose model streams closes the connection, keeps its text, pays what is known", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    await using open = await openSupervisor({ threads: 2, agents: { talker: claude(server) } });
    const agent = await open.supervisor.spawn("talker", { input: "Talk." });
    await open.until("agent.output");
    await agent.cancel("enough");
    const outcome = await agent.outcome;
    expect(outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(outcome).toMatchObject({ partial: expect.stringContaining("and on") });
    expect(outcome.usage.inputTokens).toBe(10);
    expect(await server.requests[0]!.closed).toBe("cut");
    expect(server.requests).toHaveLength(1);
    expectAtRest(open);
  });

  it("that waits to call an overloaded model again ends the wait", async () => {
    await using server = await startMessagesServer({ reply: () => overloaded() });
    await using open = await openSupervisor({ threads: 1, agents: { talker: claude(server) } });
    const agent = await open.supervisor.spawn("talker", { input: "Talk." });
    await open.until("model.retried");
    const requests = server.requests.length;
    await agent.cancel();
    expect(await agent.outcome).toMatchObject({ status: "cancelled" });
    expect(server.requests).toHaveLength(requests);
    expectAtRest(open);
  });

  const endings: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    "obeys its signal": (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      ),
    "ignores its signal": () => new Promise(() => undefined),
    "answers after all": (signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve("late"))),
    "rejects later": (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => setImmediate(() => reject(new Error("late")))),
      ),
  };
  it.each(Object.keys(endings))("whose tool runs and %s", async (name) => {
    let started = 0;
    const work = defineTool({
      name: "work",
      description: "Works.",
      input: object,
      execute: (_, { signal }) => {
        started += 1;
        return endings[name]!(signal);
      },
    });
    await using open = await openSupervisor({ threads: 2, tools: [work], agents: { worker } });
    const agent = await open.supervisor.spawn("worker", { input: "Work." });
    await open.until("tool.started");
    await open.supervisor.cancel(agent.path, "stop that");
    expect(await agent.outcome).toMatchObject({
      status: "cancelled",
      reason: "stop that",
      partial: "Working.",
      usage: { toolCalls: 1, modelCalls: 1 },
    });
    await new Promise(setImmediate);
    expect(started).toBe(1);
    expectAtRest(open);
  });

  it("that waits for its child ends both, and resolves when the child has stopped", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    const lead: AgentSpec = {
      model: {
        provider: "scripted",
        steps: [{ toolCalls: [{ name: "spawn_agent", input: { agent: "talker", input: "Go" } }] }],
      },
      agents: ["talker"],
    };
    const agents = { lead, talker: claude(server) };
    await using open = await openSupervisor({ threads: 2, agents });
    const agent = await open.supervisor.spawn("lead", { input: "Lead." });
    await open.until("agent.output");
    await agent.cancel("halt");
    const child = open.supervisor.find("/lead/talker")!;
    expect(await agent.outcome).toMatchObject({ status: "cancelled", reason: "halt" });
    expect(await child.outcome).toMatchObject({ status: "cancelled", reason: "halt" });
    const stops = open.seen.filter(({ type }) => type === "agent.stopped").map(({ path }) => path);
    expect(stops).toEqual(["/lead/talker", "/lead"]);
    expect(await server.requests[0]!.closed).toBe("cut");
    expectAtRest(open);
  });

  it("that is queued starts nothing of it", async () => {
    const work = defineTool({
      name: "work",
      description: "Works.",
      input: object,
      execute: () => new Promise(() => undefined),
    });
    await using open = await openSupervisor({
      threads: 2,
      tools: [work],
      agents: { worker },
      limits: { concurrency: 1 },
    });
    const first = await open.supervisor.spawn("worker", { input: "Work." });
    const queued = await open.supervisor.spawn("worker", { input: "Work." });
    await queued.cancel();
    expect(await queued.outcome).toMatchObject({ status: "cancelled" });
    expect(open.seen.filter((e) => e.type === "agent.started")).toHaveLength(1);
    await first.cancel();
    expectAtRest(open);
  });

  it("that waits for a budget takes its request back", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    const agents = { talker: claude(server) };
    await using open = await openSupervisor({ threads: 2, agents, budget: { tokens: 9_000 } });
    const { supervisor } = open;
    const first = await supervisor.spawn("talker", { input: "Talk." });
    await open.until("agent.output");
    const waiting = await supervisor.spawn("talker", { input: "Talk." });
    await expect.poll(() => supervisor.stats().queues.budget).toBe(1);
    expect(supervisor.stats().atWork).toBe(1);
    await waiting.cancel();
    expect(await waiting.outcome).toMatchObject({ status: "cancelled", usage: { modelCalls: 0 } });
    await first.cancel();
    expect(server.requests).toHaveLength(1);
    expectAtRest(open);
  });

  it("before it starts runs nothing of it", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    await using open = await openSupervisor({ threads: 1, agents: { talker: claude(server) } });
    const signal = AbortSignal.abort("not today");
    const outcome = await open.supervisor.run("talker", { input: "Talk.", signal });
    expect(outcome).toMatchObject({ status: "cancelled", reason: "not today" });
    expect(open.supervisor.stats().hosts).toEqual([]);
    expect(server.requests).toEqual([]);
    expectAtRest(open);
  });
});
