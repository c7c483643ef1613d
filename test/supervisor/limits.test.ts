import { describe, expect, it } from "vitest";
import {
  type AgentSpec,
  type AnyEvent,
  type Json,
  type Limits,
  type Outcome,
  Supervisor,
  type SupervisorOptions,
} from "../../src/index.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const speaker: AgentSpec = { model: script("said") };
const session: AgentSpec = { model: script("one"), lifetime: "session" };

/** Where a limit is written, for one top-level agent. */
type HostHandle = "the root" | "the spec" | "the options" | "both, of which the spec is tighter";
const router: readonly HostHandle[] = [
  "the root",
  "the spec",
  "the options",
  "both, of which the spec is tighter",
];

interface Ran {
  readonly outcome: Outcome;
  readonly refused: readonly Json[];
  readonly stopped: Readonly<Record<string, string>>;
}

/** Runs one agent with a limit at a place; tells who was refused and who ended how. */
async function runAt(
  place: HostHandle,
  limits: Limits,
  spec: AgentSpec,
  more: Agents = {},
): Promise<Ran> {
  const [[limit, bound = 0] = ["", 0]] = Object.entries(limits) as [string, number][];
  const inSpec = place === "the spec" || place.startsWith("both");
  const options: SupervisorOptions = {
    threads: 0,
    ...(place === "the root" ? { limits } : {}),
    agents: { lead: inSpec ? { ...spec, limits } : spec, speaker, session, ...more },
  };
  await using supervisor = await Supervisor.start(options);
  const refused: Json[] = [];
  const stopped: Record<string, string> = {};
  supervisor.on("spawn.refused", ({ code }) => refused.push(code as Json));
  supervisor.on("agent.stopped", ({ path, outcome }) => {
    stopped[path] = (outcome as unknown as Outcome).status;
  });
  const wider = place.startsWith("both") ? { [limit]: bound + 5 } : limits;
  const asOption = place === "the options" || place.startsWith("both");
  const outcome = await supervisor.run("lead", {
    input: "go",
    timeoutMs: 60_000,
    ...(asOption ? { limits: wider } : {}),
  });
  return { outcome, refused, stopped };
}
type Agents = SupervisorOptions["agents"] & {};

const spawner = (count: number, agent = "speaker", more: Record<string, Json> = {}): AgentSpec => ({
  model: script(...Array.from({ length: count }, () => [spawn(agent, more)]), "led"),
  agents: [agent],
});

describe.each(router)("written at %s", (place) => {
  // At the root the agent itself counts: it is the first below.
  const own = place === "the root" ? 1 : 0;

  it.each([0, 2])("spawns: %i are started and one more is refused", async (bound) => {
    const limits = { spawns: bound + own };
    const { outcome, refused, stopped } = await runAt(place, limits, spawner(bound + 1));
    expect(outcome).toMatchObject({ status: "completed", output: "led" });
    expect(refused).toEqual(["SPAWNS_EXCEEDED"]);
    expect(Object.keys(stopped)).toHaveLength(bound + 1);
  });

  it.each([0, 2])("children: %i live at once and one more is refused", async (bound) => {
    const step = Array.from({ length: bound + 1 }, () => spawn("session", { background: true }));
    const lead: AgentSpec = { model: script(step), agents: ["session"] };
    const limits = { children: Math.max(bound, own) };
    const { outcome, refused, stopped } = await runAt(place, limits, lead);
    expect(outcome).toMatchObject({ status: "failed", error: { code: "SCRIPT_EXHAUSTED" } });
    expect(refused).toEqual(Array(bound + 1 - limits.children).fill("CHILDREN_EXCEEDED"));
    const ended = Array(limits.children).fill("cancelled");
    expect(Object.values(stopped)).toEqual([...ended, "failed"]);
  });

  it.each([0, 1, 2])("turns: %i are taken and one more ends it exhausted", async (bound) => {
    const calls = Array.from({ length: 2 }, () => [call("nothing")]);
    const lead = { model: script(...calls, "led") };
    const { outcome } = await runAt(place, { turns: bound }, lead);
    expect(outcome).toMatchObject({ status: "exhausted", unit: "turns" });
    expect(outcome.usage.modelCalls).toBe(bound);
    expect((await runAt(place, { turns: 3 }, lead)).outcome.status).toBe("completed");
  });

  it.each([0, 2])("depth: %i levels are allowed below and one more is refused", async (bound) => {
    const lead: AgentSpec = { model: script([spawn("lead")], "led"), agents: ["lead"] };
    const limits = place === "the root" ? { depth: bound + 1 } : { depth: bound };
    const { refused, stopped } = await runAt(place, limits, lead);
    expect(refused).toEqual(["DEPTH_EXCEEDED"]);
    expect(Object.keys(stopped)).toHaveLength(bound + 1);
    expect(new Set(Object.values(stopped))).toEqual(new Set(["completed"]));
  });

  it.each([0, 2])("mailbox: %i messages may wait and one more is refused", async (mailbox) => {
    const { limits, spec, options } = placed(place, { mailbox });
    const busy = {
      ...session,
      ...spec,
      model: { provider: "scripted", steps: [{ text: "x", delayMs: 60_000 }] },
    };
    await using supervisor = await Supervisor.start({ threads: 0, limits });
    const agent = await supervisor.spawn(busy, { input: "go", limits: options });
    const told = Array.from({ length: mailbox + 1 }, (_, count) => agent.tell(`${count}`));
    expect(told).toEqual([...Array(mailbox).fill(true), false]);
    await expect(agent.ask("?", { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: "MAILBOX_FULL",
    });
    expect(supervisor.stats()).toMatchObject({ mailboxes: mailbox, deadLetters: 2 });
    await agent.cancel();
  });

  it("concurrency: 0 is refused before anything starts", async () => {
    const { limits, spec, options } = placed(place, { concurrency: 0 });
    await using supervisor = await Supervisor.start({ threads: 0, limits });
    const spawned = supervisor.spawn({ ...speaker, ...spec }, { input: "go", limits: options });
    await expect(spawned).rejects.toMatchObject({ code: "QUEUE_FULL" });
    expect(supervisor.tree().children).toEqual([]);
  });

  it.each([1, 2])("concurrency: %i work at once, and all get their turn", async (concurrency) => {
    const { limits, spec, options } = placed(place, { concurrency });
    const { tool, count } = countingTool("work", aWhile);
    const worker: AgentSpec = { model: script([call("work")], "worked"), tools: ["work"] };
    const many = Array.from({ length: 6 }, () => spawn("worker", { background: true }));
    const lead: AgentSpec = {
      model: script(many, [call("wait_agents")], "led"),
      agents: ["worker"],
    };
    await using supervisor = await Supervisor.start({
      threads: 0,
      limits,
      tools: [tool],
      agents: { lead: { ...lead, ...spec }, worker },
    });
    let most = 0;
    supervisor.on("*", () => {
      most = Math.max(most, supervisor.stats().atWork);
    });
    const outcome = await supervisor.run("lead", { input: "go", limits: options });
    expect(outcome.status).toBe("completed");
    expect([count.calls, count.most, most]).toEqual([6, concurrency, concurrency]);
  });

  it.each([0, 2])("queue: %i may wait for a slot and one more is refused", async (queue) => {
    const { limits, spec, options } = placed(place, { queue });
    const bounded = place === "the root" ? { ...limits, concurrency: 1 } : { concurrency: 1 };
    const many = Array.from({ length: queue + 1 }, () => spawn("speaker", { background: true }));
    const lead: AgentSpec = { model: script(many, "led"), agents: ["speaker"] };
    await using supervisor = await Supervisor.start({
      threads: 0,
      limits: bounded,
      agents: { lead: { ...lead, ...spec }, speaker },
    });
    const events: AnyEvent[] = [];
    supervisor.on("*", (event) => events.push(event));
    await supervisor.run("lead", { input: "go", limits: options });
    const told = (type: string) => events.filter((event) => event.type === type);
    expect(told("spawn.queued")).toHaveLength(queue);
    expect(told("spawn.refused").map(({ code }) => code)).toEqual(["QUEUE_FULL"]);
  });
});

/** A limit where a test wants it: at the root, in the spec, in the options of the spawn. */
function placed(
  place: HostHandle,
  limits: Limits,
): { limits: Limits; spec: AgentSpec; options: Limits } {
  const [[limit, bound = 0] = ["", 0]] = Object.entries(limits) as [string, number][];
  return {
    limits: place === "the root" ? limits : {},
    spec: place === "the spec" || place.startsWith("both") ? { limits } : {},
    options: place.startsWith("both")
      ? { [limit]: bound + 5 }
      : place === "the options"
        ? limits
        : {},
  };
}

describe("a recursion bomb", () => {
  it("ends at the depth, and each parent is told why", async () => {
    const bomb: AgentSpec = { model: script([spawn("bomb")], "gave up"), agents: ["bomb"] };
    await using supervisor = await Supervisor.start({ threads: 1, agents: { bomb } });
    const refused: AnyEvent[] = [];
    supervisor.on("spawn.refused", (event) => refused.push(event));
    const outcome = await supervisor.run("bomb", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "gave up" });
    expect(refused).toMatchObject([{ path: "/bomb/bomb/bomb/bomb", code: "DEPTH_EXCEEDED" }]);
  });

  it("that goes wide ends at the spawns of its top-level agent", async () => {
    const three = [1, 2, 3].map(() => spawn("bomb", { background: true }));
    const bomb: AgentSpec = {
      model: {
        provider: "scripted",
        repeat: true,
        steps: [{ toolCalls: three }, { text: "wide" }],
      },
      agents: ["bomb"],
      limits: { turns: 12 },
    };
    await using supervisor = await Supervisor.start({
      threads: 0,
      limits: { depth: 50, concurrency: 4 },
      agents: { bomb },
    });
    let started = 0;
    const codes = new Set<unknown>();
    supervisor.on("agent.spawned", () => {
      started += 1;
    });
    supervisor.on("spawn.refused", ({ code }) => codes.add(code));
    await supervisor.run("bomb", { input: "go", limits: { spawns: 200 } });
    expect(started).toBe(201);
    expect(codes).toEqual(new Set(["SPAWNS_EXCEEDED"]));
    expect(supervisor.stats()).toMatchObject({ atWork: 0, queues: { spawns: 0, budget: 0 } });
  });
});

it("a service that runs 5,000 top-level agents is never refused, and does not grow", async () => {
  await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker }, keepMb: 4 });
  const options = { input: "go", timeoutMs: 3_600_000, labels: { tenant: "one" } };
  for (let round = 0; round < 50; round += 1) {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => supervisor.run("speaker", options)),
    );
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["completed"]));
  }
  expect(supervisor.tree().children.length).toBeLessThanOrEqual(2_000);
  expect(supervisor.usage({ label: "tenant=one" }).modelCalls).toBe(5_000);
  expect(supervisor.find("/speaker")).toBeUndefined();
  expect(supervisor.find("/speaker-5000")).toBeDefined();
});
