import { expect, it } from "vitest";
import { type AgentSpec, type Limits, Supervisor } from "../../src/index.ts";
import { openSupervisor } from "./open-supervisor.ts";
import { call, countingTool, script, spawn } from "./scripts.ts";

it("1,000 agents of one lead work 8 at once on threads, and nobody waits for them", async () => {
  const { tool, count } = countingTool("work", () => new Promise((done) => setImmediate(done)));
  const worker: AgentSpec = { model: script([call("work")], "worked"), tools: ["work"] };
  // As many in one turn as may be; eight of those are a thousand.
  const some = Array.from({ length: 125 }, () => spawn("worker", { background: true }));
  const thousand = Array.from({ length: 8 }, () => some);
  // It is told of each end as a message, and takes many of them in one turn.
  const answers = Array.from({ length: 1_000 }, () => "noted");
  const lead: AgentSpec = {
    model: script(...thousand, [call("wait_agents")], ...answers),
    agents: ["worker"],
    limits: { children: 1_000, turns: 1_009 },
  };
  const limits: Limits = { concurrency: 8 };
  await using supervisor = await Supervisor.start({
    threads: 2,
    limits,
    tools: [tool],
    agents: { lead, worker, speaker: { model: script("said") } },
  });
  let most = 0;
  let stopped = 0;
  const statuses = new Set<string | undefined>();
  supervisor.on("*", (event) => {
    const { type } = event;
    if (type !== "agent.started" && type !== "agent.stopped" && type !== "tool.started") return;
    most = Math.max(most, supervisor.stats().atWork);
    if (event.type !== "agent.stopped") return;
    stopped += 1;
    statuses.add(event.outcome.status);
  });
  const led = supervisor.run("lead", { input: "go" });
  const begun = Promise.withResolvers<void>();
  supervisor.once("tool.finished", () => begun.resolve());
  await begun.promise;
  const other = await supervisor.run("speaker", { input: "go" });
  const stoppedMeanwhile = stopped;
  expect(other.status).toBe("completed");
  expect(stoppedMeanwhile).toBeLessThan(100);
  expect((await led).status).toBe("completed");
  expect([stopped, statuses]).toEqual([1_002, new Set(["completed"])]);
  expect(count.calls).toBe(1_000);
  expect(count.most).toBeLessThanOrEqual(8);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});

it("depth 4 at concurrency 1 finishes on a thread", async () => {
  const level = (next: string): AgentSpec => ({
    model: script([spawn(next)], `above ${next}`),
    agents: [next],
  });
  const agents = { a: level("b"), b: level("c"), c: level("d"), d: { model: script("deepest") } };
  await using supervisor = await Supervisor.start({
    threads: 1,
    limits: { concurrency: 1 },
    agents,
  });
  const outcome = await supervisor.run("a", { input: "go", timeoutMs: 60_000 });
  expect(outcome).toMatchObject({ status: "completed", output: "above b" });
});

it("parallel foreground children at concurrency 1 come back in call order", async () => {
  const agents = {
    lead: { model: script([spawn("x"), spawn("y"), spawn("x")], "led"), agents: ["x", "y"] },
    x: { model: script("x said") },
    y: { model: script("y said") },
  };
  await using supervisor = await Supervisor.start({
    threads: 1,
    limits: { concurrency: 1 },
    agents,
  });
  const outcome = await supervisor.run("lead", { input: "go", timeoutMs: 60_000 });
  expect(outcome.status).toBe("completed");
});

it("who waits for a slot is cancelled at once, without having started", async () => {
  const { tool } = countingTool("work", () => new Promise(() => undefined));
  const worker: AgentSpec = { model: script([call("work")], "worked"), tools: ["work"] };
  await using supervisor = await Supervisor.start({
    threads: 0,
    limits: { concurrency: 1 },
    tools: [tool],
    agents: { worker },
  });
  await supervisor.spawn("worker", { input: "go" });
  const queued = await supervisor.spawn("worker", { input: "go" });
  const started: string[] = [];
  supervisor.on("agent.started", ({ path }) => started.push(path));
  await queued.cancel("never mind");
  expect(await queued.outcome).toMatchObject({ status: "cancelled", reason: "never mind" });
  expect(started).toEqual([]);
  expect(supervisor.stats().queues.spawns).toBe(0);
  await supervisor.cancel("/");
});

it("a child that is spawned and cancelled in one turn is cancelled, not killed", async () => {
  const agents = {
    lead: {
      model: script(
        [spawn("session", { name: "s", background: true }), call("cancel_agent", { name: "s" })],
        "led",
        "led",
      ),
      agents: ["session"],
    },
    session: { model: script("one"), lifetime: "session" as const },
  };
  await using supervisor = await Supervisor.start({ threads: 1, agents });
  const outcomes: unknown[] = [];
  supervisor.on("agent.stopped", ({ outcome }) => outcomes.push(outcome));
  await supervisor.run("lead", { input: "go" });
  expect(outcomes).toMatchObject([
    { path: "/lead/s", status: "cancelled" },
    { path: "/lead", status: "completed" },
  ]);
});

it("a wait in the same turn as the spawns waits for them", async () => {
  const agents = {
    lead: {
      model: script(
        [spawn("x", { background: true }), spawn("x", { name: "own" }), call("wait_agents")],
        [call("wait_agents", { names: ["own"] })],
        "led",
      ),
      agents: ["x"],
    },
    x: { model: script("x said") },
  };
  await using supervisor = await Supervisor.start({ threads: 0, agents });
  const outcome = await supervisor.run("lead", { input: "go", timeoutMs: 60_000 });
  expect(outcome).toMatchObject({ status: "completed", output: "led" });
  expect(outcome.usage.modelCalls).toBe(5);
});

it("nothing starts below a paused path until it is resumed", async () => {
  await using supervisor = await Supervisor.start({
    threads: 0,
    agents: { speaker: { model: script("said") } },
  });
  await supervisor.pause("/");
  const agent = await supervisor.spawn("speaker", { input: "go" });
  expect(supervisor.tree().children).toMatchObject([{ status: "paused" }]);
  expect(supervisor.stats()).toMatchObject({ atWork: 0, queues: { spawns: 1 } });
  await supervisor.resume("/");
  expect((await agent.outcome).status).toBe("completed");
});

it("who waits when the supervisor is resumed is served in the order of their coming", async () => {
  const model = script("hm", "hm again");
  await using open = await openSupervisor({
    threads: 0,
    limits: { concurrency: 1 },
    agents: { talker: { model, lifetime: "session" } },
  });
  const { supervisor, seen } = open;
  const refs = [];
  for (let n = 0; n < 4; n += 1) {
    const ref = await supervisor.spawn("talker", { input: "Go." });
    refs.push(ref);
    await open.until("model.finished", ({ path }) => path === ref.path);
  }
  await expect.poll(() => supervisor.stats().atWork).toBe(0);
  await supervisor.pause("/");
  for (const ref of refs.toReversed()) ref.tell("And now?");
  const before = seen.length;
  await supervisor.resume("/");
  await open.until("model.finished", undefined, 8);
  const begun = seen.slice(before).filter(({ type }) => type === "model.started");
  expect(begun.map(({ path }) => path)).toEqual(refs.map(({ path }) => path).reverse());
});
