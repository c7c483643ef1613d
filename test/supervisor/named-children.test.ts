import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, type ModelSpec } from "../../src/index.ts";
import { type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, spawn } from "./scripts.ts";

const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
const usage = { inputTokens: 90, outputTokens: 10 };
const child: AgentSpec = {
  model: { provider: "scripted", repeat: true, steps: [{ text: "heard", usage }] },
  lifetime: "session",
};

/** A lead that starts the same children in each of its lives, and fails when a test says so. */
function swarm(named: boolean, restartFrom: "input" | "snapshot" = "input") {
  let fail: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    fail = resolve;
  });
  const gate = defineTool({
    name: "gate",
    description: "Waits.",
    input: { type: "object" },
    execute: () => told,
  });
  const begin = [
    spawn("child", { background: true, ...(named && { name: "worker" }) }),
    spawn("child", { background: true, ...(named && { name: "clerk" }) }),
  ];
  const model: ModelSpec = {
    provider: "scripted",
    steps: [
      { toolCalls: begin },
      { toolCalls: [call("gate")] },
      { error: "out of order" },
      { toolCalls: begin },
      { text: "Both are there again." },
    ],
  };
  const about = { agents: ["child"], tools: ["gate"], restart: "transient" } as const;
  const lead: AgentSpec = { model, ...about, restartFrom, lifetime: "session" };
  return { options: { threads: 0, agents: { child, lead }, tools: [gate], intensity }, fail };
}

const spawned = ({ seen }: OpenSupervisor) =>
  seen
    .filter(({ type, path }) => type === "agent.spawned" && path !== "/lead")
    .map(({ path, incarnation }) => `${path}#${incarnation}`);

const idle = (open: OpenSupervisor, path: string, count: number) =>
  open.until("model.finished", (event) => event.path === path, count);

describe("the children of a parent that began anew", () => {
  it.each([
    ["chosen names", true, "input", ["worker", "clerk"]],
    ["made names", false, "input", ["child", "child-2"]],
    ["chosen names, from its snapshot", true, "snapshot", ["worker", "clerk"]],
  ] as const)("have the same paths, as their next incarnations: %s", async (_, named, from, is) => {
    const { options, fail } = swarm(named, from);
    await using open = await openSupervisor(options);
    await open.supervisor.spawn("lead", { input: "go" });
    const paths = is.map((name) => `/lead/${name}`);
    for (const path of paths) await idle(open, path, 1);
    fail();
    for (const path of paths) await idle(open, path, 2);
    expect(spawned(open)).toEqual([
      ...paths.map((at) => `${at}#1`),
      ...paths.map((at) => `${at}#2`),
    ]);
    expect(open.seen.filter(({ type }) => type === "spawn.refused")).toEqual([]);
    const [lead] = open.supervisor.tree().children;
    expect(lead?.children.map(({ path, incarnation }) => [path, incarnation])).toEqual(
      paths.map((path) => [path, 2]),
    );
  });

  it("leave the old references what they were, and are reached by their paths", async () => {
    const { options, fail } = swarm(true);
    await using open = await openSupervisor(options);
    const { supervisor } = open;
    await supervisor.spawn("lead", { input: "go" });
    await idle(open, "/lead/worker", 1);
    await idle(open, "/lead/clerk", 1);
    const old = supervisor.find("/lead/worker");
    fail();
    expect(await old?.outcome).toMatchObject({ status: "cancelled", reason: "parent-ended" });
    await idle(open, "/lead/worker", 2);
    expect(old?.tell("To the one before.")).toBe(false);
    expect(await open.until("letter.dead", ({ path }) => path === "/lead/worker")).toMatchObject({
      message: "To the one before.",
      reason: "the agent has ended",
    });
    await old?.cancel("this one is gone");
    const next = supervisor.find("/lead/worker");
    expect(open.swarm.kernel.find("/lead/worker")?.end).toBeUndefined();
    await next?.cancel("enough");
    expect(await next?.outcome).toMatchObject({ status: "cancelled", reason: "enough" });
    expect(await old?.outcome).toMatchObject({ reason: "parent-ended" });
  });

  it("have accounts of their own, and their parent's has all that both lives spent", async () => {
    const { options, fail } = swarm(true);
    const agents = { ...options.agents, child: { ...child, budget: { tokens: 100 } } };
    await using open = await openSupervisor({ ...options, agents });
    const { supervisor } = open;
    await supervisor.spawn("lead", { input: "go" });
    for (const path of ["/lead/worker", "/lead/clerk"]) await idle(open, path, 1);
    const old = supervisor.find("/lead/worker");
    fail();
    for (const path of ["/lead/worker", "/lead/clerk"]) await idle(open, path, 2);
    expect((await old?.outcome)?.usage).toMatchObject({ inputTokens: 90, outputTokens: 10 });
    expect(supervisor.usage({ path: "/lead/worker" })).toMatchObject({ inputTokens: 90 });
    expect(supervisor.budget("/lead/worker").tokens).toMatchObject({ spent: 100, limit: 100 });
    expect(supervisor.usage({ path: "/lead" })).toMatchObject({
      inputTokens: 360,
      outputTokens: 40,
    });
    expect(supervisor.usage()).toMatchObject({ inputTokens: 360, outputTokens: 40 });
  });
});
