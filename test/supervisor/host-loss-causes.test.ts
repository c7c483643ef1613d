import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import type { EventOf } from "../../src/wire/event.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";
import { hold, say, startMessagesServer } from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;

describe("an agent whose host is lost", () => {
  it("while its model streams asks again, and the lost stream costs its reservation", async () => {
    await using server = await startMessagesServer({
      reply: (_, index) => (index === 0 ? hold(say("Hello there."), 5) : say("Hello again.")),
    });
    const talker: AgentSpec = {
      model: {
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        baseUrl: server.url,
        maxTokens: 2_000,
      },
      limits: { turns: 1 },
    };
    await using open = await openSupervisor({ threads: 1, agents: { talker } });
    const agent = await open.supervisor.spawn("talker", { input: "Talk." });
    await open.until("agent.output");
    const { reserved } = open.supervisor.budget().tokens;
    open.loseHostOf(agent.path);
    const outcome = await agent.outcome;
    expect(outcome).toMatchObject({ status: "completed", output: "Hello again." });
    expect(await server.requests[0]!.closed).toBe("cut");
    expect(server.requests[1]!.body.messages).toEqual(server.requests[0]!.body.messages);
    expect(open.supervisor.budget().tokens.spent).toBe(reserved + 15);
    const finished = open.seen.filter(({ type }) => type === "model.finished");
    expect(finished).toMatchObject([{ estimated: true }, { partial: false }]);
    // Whoever adds up what the events say comes to what was charged, the estimate included.
    const { usd, inputTokens, outputTokens } = open.supervisor.usage();
    const told = finished.map((event) => event as EventOf<"model.finished">);
    expect(told.reduce((sum, event) => sum + Math.round((event.usd ?? 0) * 1e9), 0)).toBe(
      Math.round(usd * 1e9),
    );
    expect(told[0]).toMatchObject({
      usage: { inputTokens: reserved - 2_000, outputTokens: 2_000 },
    });
    expect(told.map(({ usage }) => usage?.outputTokens)).toEqual([2_000, outputTokens - 2_000]);
    expect(told[1]?.usage?.inputTokens).toBe(inputTokens - (reserved - 2_000));
    expectAtRest(open);
  });

  it("keeps the time that its timers have run", async () => {
    const clock = new ManualClock();
    await using open = await openSupervisor({ threads: 0, clock });
    const agent = await open.supervisor.spawn({ machine: fixture("sleeper") });
    await open.until("agent.state");
    clock.advance(59_990);
    open.loseHostOf(agent.path);
    expect(await agent.outcome).toMatchObject({ status: "completed" });
  });

  it("that it ended itself is killed, and others go on", async () => {
    const swarm = smallSwarm({ threads: 1 });
    const leaver = { machine: fixture("leaves-again") };
    const agents = { ...swarm.options.agents, leaver };
    await using open = await openSupervisor({ ...swarm.options, agents });
    const outcome = await open.supervisor.run("leaver");
    expect(outcome).toMatchObject({ status: "killed", error: { code: "HOST_LOST" } });
    expect(open.seen.filter(({ type }) => type === "host.lost")).toHaveLength(1);
    const errand = await open.supervisor.run("errand");
    expect(errand).toMatchObject({ status: "completed", output: errandOutput });
    expectAtRest(open);
  });

  it("by its model module is killed, and asks no more", async () => {
    const caller: AgentSpec = { model: { provider: fixture("leaving-model") } };
    await using open = await openSupervisor({ threads: 1, agents: { caller } });
    const outcome = await open.supervisor.run("caller", { input: "Hello?" });
    expect(outcome).toMatchObject({ status: "killed", error: { code: "HOST_LOST" } });
    expect(outcome.usage.modelCalls).toBe(1);
    expectAtRest(open);
  });

  it("while a library host streams for it, and that host too, asks in the same turn", async () => {
    await using server = await startMessagesServer({
      reply: (_, index) => (index === 0 ? hold(say("Hello there."), 5) : say("Go home.")),
    });
    const swarm = smallSwarm({ threads: 1 });
    const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url };
    const errand = { ...swarm.options.agents?.errand, model };
    const agents = { ...swarm.options.agents, errand };
    await using open = await openSupervisor({ ...swarm.options, agents });
    const agent = await open.supervisor.spawn("errand");
    await open.until("agent.output", ({ path }) => path === "/errand");
    const { host } = await open.until("agent.started", ({ path }) => path === "/errand/front");
    open.swarm.router.host(String(host))?.terminate("the test ended it");
    open.loseHostOf(agent.path);
    expect(await agent.outcome).toMatchObject({ status: "completed", output: errandOutput });
    expect(server.requests).toHaveLength(2);
    const asked = open.seen.filter((e) => e.type === "model.started" && e.path === "/errand");
    expect(asked).toMatchObject([{ turn: 0 }, { turn: 0 }]);
    expectAtRest(open);
  });

  it("while it is cancelled keeps what it had said", async () => {
    const swarm = smallSwarm({ threads: 1 });
    await using open = await openSupervisor(swarm.options);
    const { supervisor } = open;
    supervisor.once("cancel.signalled", () => open.loseHostOf("/lead"));
    supervisor.once("tool.started", ({ path }) => void supervisor.cancel(path));
    const outcome = await supervisor.run("lead", { input: "Go." });
    expect(outcome).toMatchObject({ status: "cancelled", partial: "First." });
    expectAtRest(open);
  });
});

describe("a fault of one agent leaves its host alone", () => {
  it("when it is told what cannot be written down", async () => {
    const agents = { host: { ...smallSwarm({}).options.agents?.helper, lifetime: "session" } };
    const swarm = smallSwarm({ threads: 1 });
    await using open = await openSupervisor({ ...swarm.options, agents: agents as never });
    const { supervisor } = open;
    const [first, second] = [
      await supervisor.spawn("host", { input: "Go." }),
      await supervisor.spawn("host", { input: "Go." }),
    ];
    await open.until("agent.state", ({ state }) => state === "waiting", 2);
    // Past the check of `tell`, as a server or user code might have it.
    open.act((kernel) => kernel.tell(kernel.find(first.path)!, "/", 10n as never));
    expect(await first.outcome).toMatchObject({ status: "failed" });
    expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
    await second.cancel();
    expectAtRest(open);
  });

  it.each(["model", "conversation", "tool", "spawn"])(
    "when it makes a %s call that is none",
    async (call) => {
      const swarm = smallSwarm({ threads: 1 });
      const model = { provider: "scripted", steps: [{ text: "Hi." }] } as const;
      const caller = { machine: fixture("bad-calls"), model, tools: ["work"], agents: ["helper"] };
      const agents = { ...swarm.options.agents, caller };
      await using open = await openSupervisor({ ...swarm.options, agents });
      const outcome = await open.supervisor.run("caller", { input: { call } });
      const message = expect.stringContaining("has not the form it must have");
      const error = { code: "MACHINE_INVALID", message };
      expect(outcome).toMatchObject({ status: "failed", error });
      expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
      expectAtRest(open);
    },
  );

  it("when a listener tells another agent something in the midst of a step", async () => {
    const swarm = smallSwarm({ threads: 0 });
    await using open = await openSupervisor(swarm.options);
    const { supervisor } = open;
    // The tidings of a child's end come right before the delivery of its result.
    supervisor.on("agent.stopped", () => supervisor.find("/errand")?.tell({ type: "noise" }));
    const outcome = await supervisor.run("errand");
    expect(outcome).toMatchObject({ status: "completed", output: errandOutput });
  });
});
