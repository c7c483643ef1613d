import { once } from "node:events";
import { BroadcastChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { defineTool } from "../../src/index.ts";
import { endless, startMessagesServer } from "../fixtures/messages-server.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;

/** An agent that loops for ever, on the one user-code host, beside a neighbour that waits. */
async function runAway(graceMs: number) {
  const gate = Promise.withResolvers<void>();
  const work = defineTool({
    name: "work",
    description: "Works.",
    input: { type: "object" },
    execute: async () => {
      await gate.promise;
      return "worked";
    },
  });
  const runaway = { machine: fixture("runs-away") };
  const { options } = smallSwarm({ threads: 1, graceMs });
  const agents = { ...options.agents, runaway };
  const open: OpenSupervisor = await openSupervisor({ ...options, tools: [work], agents });
  const neighbour = await open.supervisor.spawn("errand");
  await open.until("tool.started");
  return { open, agent: await another(open), neighbour, gate };
}

/** One more that loops for ever by now. */
async function another({ supervisor }: OpenSupervisor) {
  const agent = await supervisor.spawn("runaway");
  const channel = new BroadcastChannel("runs-away");
  const running = once(channel as unknown as EventTarget, "message");
  agent.tell({ type: "run" });
  await running;
  channel.close();
  return agent;
}

describe("an agent that loops for ever", () => {
  it("is killed after its grace, and its neighbour goes on on another thread", async () => {
    const { open, agent, neighbour, gate } = await runAway(200);
    await using _ = open;
    const { host } = open.swarm.kernel.find(neighbour.path)!;
    await agent.cancel("too loud");
    expect(await agent.outcome).toMatchObject({ status: "killed", reason: "too loud" });
    const killed = open.seen.filter(({ type }) => type === "cancel.killed");
    expect(killed.map(({ path }) => path)).toEqual([agent.path]);
    gate.resolve();
    expect(await neighbour.outcome).toMatchObject({ status: "completed", output: errandOutput });
    expect(await open.until("host.lost")).toMatchObject({ host });
    expectAtRest(open);
  });

  it("is to blame for what its neighbour did not hear: that is not killed", async () => {
    const { open, agent, neighbour } = await runAway(100);
    await using _ = open;
    await neighbour.cancel("not needed");
    expect(await neighbour.outcome).toMatchObject({ status: "cancelled", reason: "not needed" });
    expect(open.seen.filter(({ type }) => type === "cancel.killed")).toEqual([]);
    await agent.cancel();
    expectAtRest(open);
  });

  it("is not the fault of its neighbour, however many are killed beside it", async () => {
    const { open, agent, neighbour, gate } = await runAway(50);
    await using _ = open;
    await agent.cancel();
    for (let more = 0; more < 4; more += 1) await (await another(open)).cancel();
    gate.resolve();
    expect(await neighbour.outcome).toMatchObject({ status: "completed", output: errandOutput });
    expect(open.seen.filter(({ type }) => type === "host.lost")).toHaveLength(5);
    expectAtRest(open);
  });

  it("does not keep stop waiting for longer than the grace of stop", async () => {
    const { open, agent } = await runAway(60_000);
    const cancelled = agent.cancel("too loud");
    await open.supervisor.stop({ graceMs: 100 });
    await cancelled;
    expect(await agent.outcome).toMatchObject({ status: "killed" });
    expectAtRest(open);
  });

  it("is told as killed once, although stop and its cancel both have a grace", async () => {
    const { open } = await runAway(100);
    await open.supervisor.stop();
    const killed = open.seen.filter(({ type }) => type === "cancel.killed").map(({ path }) => path);
    expect(killed.toSorted()).toEqual([...new Set(killed)].toSorted());
    expect(killed).not.toEqual([]);
  });

  it("is killed at once when stop is called twice", async () => {
    const { open, agent, neighbour } = await runAway(60_000);
    const stopped = open.supervisor.stop();
    await open.supervisor.stop();
    await stopped;
    expect(await agent.outcome).toMatchObject({ status: "killed" });
    expect((await neighbour.outcome).status).toMatch(/^(killed|cancelled)$/);
    expectAtRest(open);
  });
});

describe("stop", () => {
  it("ends every agent, and what is asked of the supervisor afterwards is refused", async () => {
    const { options } = smallSwarm({ threads: 2 });
    await using open = await openSupervisor(options);
    const { supervisor } = open;
    const lead = await supervisor.spawn("lead", { input: "Go." });
    await supervisor.stop();
    expect(await lead.outcome).toMatchObject({ status: "cancelled" });
    await expect(supervisor.spawn("lead", { input: "Go." })).rejects.toMatchObject({
      code: "SUPERVISOR_STOPPED",
    });
    expect(lead.tell("Still there?")).toBe(false);
    await lead.cancel();
    expect(supervisor.stats().hosts).toEqual([]);
    expectAtRest(open);
  });

  it("is what the signal of the start does", async () => {
    await using server = await startMessagesServer({ reply: () => endless() });
    const stop = new AbortController();
    const agents = {
      talker: { model: { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url } },
    };
    await using open = await openSupervisor({ threads: 1, agents, signal: stop.signal });
    const talker = await open.supervisor.spawn("talker", { input: "Talk." });
    await open.until("agent.output");
    stop.abort("the lights go out");
    expect(await talker.outcome).toMatchObject({
      status: "cancelled",
      reason: "the lights go out",
    });
    expect(await server.requests[0]!.closed).toBe("cut");
    await open.supervisor.stop();
    expectAtRest(open);
  });
});

describe("cancelling", () => {
  it("lets no child escape that is spawned meanwhile", async () => {
    const { options } = smallSwarm({ threads: 2 });
    const spawner = {
      machine: fixture("spawns-on"),
      model: { provider: "scripted", steps: [] },
      agents: ["helper"],
      tools: ["work"],
    };
    const agents = { ...options.agents, spawner };
    await using open = await openSupervisor({ ...options, agents, limits: { concurrency: 4 } });
    const agent = await open.supervisor.spawn("spawner");
    await open.until("agent.stopped", undefined, 3);
    await agent.cancel();
    const told = open.seen.length;
    const closed = open.seen.findIndex(({ type }) => type === "cancel.closed");
    const late = open.seen.slice(closed).filter(({ type }) => type === "agent.spawned");
    expect(late).toEqual([]);
    await open.supervisor.run("helper", { input: "Help." });
    expect(open.seen.slice(told).filter(({ path }) => path.startsWith("/spawner"))).toEqual([]);
    expectAtRest(open);
  });

  it("an agent whose module is still being imported, before its spawn resolves", async () => {
    await using open = await openSupervisor({ threads: 1 });
    const abort = new AbortController();
    const { signal } = abort;
    const run = open.supervisor.run({ machine: fixture("never-imported") }, { signal });
    await open.until("host.started");
    abort.abort("too slow");
    expect(await run).toMatchObject({ status: "cancelled", reason: "too slow" });
    expectAtRest(open);
  });

  it("ends an agent whose module is being imported where it is placed", async () => {
    await using open = await openSupervisor({ threads: 2 });
    const { supervisor, swarm } = open;
    // As if it had been found good before: its own host imports it once more.
    swarm.parts.hosts.verify = () => Promise.resolve();
    const agent = await supervisor.spawn({ machine: fixture("never-imported") });
    await open.until("host.started");
    await agent.cancel();
    expect(await agent.outcome).toMatchObject({ status: "cancelled" });
    expectAtRest(open);
  });

  it("a child in the very turn that spawned it ends it before it has begun", async () => {
    const { options } = smallSwarm({ threads: 1 });
    const lead = {
      model: {
        provider: "scripted",
        steps: [
          {
            toolCalls: [
              {
                name: "spawn_agent",
                input: { agent: "helper", input: "Help.", name: "brief", background: true },
              },
              { name: "cancel_agent", input: { name: "brief" } },
            ],
          },
          { text: "Over." },
        ],
      },
      agents: ["helper"],
      tools: ["work"],
    };
    const agents = { ...options.agents, lead };
    await using open = await openSupervisor({ ...options, agents });
    const outcome = await open.supervisor.run("lead", { input: "Go." });
    expect(outcome).toMatchObject({ status: "completed", output: "Over." });
    const brief = await open.supervisor.find("/lead/brief")!.outcome;
    expect(brief).toMatchObject({ status: "cancelled", reason: "cancelled by /lead" });
    expectAtRest(open);
  });
});
