import { describe, expect, it } from "vitest";
import type { AgentSpec } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const agents: Record<string, AgentSpec> = {
  watched: { machine: fixture("answers") },
  watcher: { machine: fixture("watches") },
  parent: { machine: fixture("spawns-one"), agents: ["watched"] },
};
const terminated = { path: "/watched", name: "watched", status: "completed", output: 0 };

async function withWatched(more: Parameters<typeof openSupervisor>[0] = {}) {
  const open = await openSupervisor({ threads: 0, agents, ...more });
  const watched = await open.supervisor.spawn("watched");
  return { open, watched };
}

/** Resolves when somebody waits for the end of an agent. */
async function isWatched({ swarm }: OpenSupervisor, path = "/watched", watchers = 1) {
  await expect.poll(() => swarm.kernel.find(path)?.watchers?.size).toBe(watchers);
}

const toldOf = async (open: OpenSupervisor, input: { path?: string; name?: string }) => {
  const outcome = await open.supervisor.run("watcher", { input });
  return outcome.status === "completed" ? outcome.output : outcome;
};

describe("an agent that watches another", () => {
  it("is told how it ended, when it ends, also on another thread", async () => {
    const { open, watched } = await withWatched({ threads: 2 });
    await using _ = open;
    const told = toldOf(open, { path: "/watched" });
    await isWatched(open);
    watched.tell({ type: "end" });
    expect(await told).toEqual({ isError: false, value: terminated });
    expectAtRest(open);
  });

  it("is told at once of one that has ended already", async () => {
    const { open, watched } = await withWatched();
    await using _ = open;
    watched.tell({ type: "end" });
    await watched.outcome;
    expect(await toldOf(open, { name: "watched" })).toEqual({ isError: false, value: terminated });
    expect(open.swarm.kernel.find("/watched")!.watchers).toBeUndefined();
  });

  it("lives on, told that it was cancelled and why", async () => {
    const { open, watched } = await withWatched();
    await using _ = open;
    const told = toldOf(open, { path: "/watched" });
    await isWatched(open);
    await watched.cancel("too loud");
    const value = { path: "/watched", status: "cancelled", reason: "too loud" };
    expect(await told).toMatchObject({ isError: false, value });
  });

  it("is told although its mailbox is full, and many are told of one end", async () => {
    const { open, watched } = await withWatched({ limits: { mailbox: 0 } });
    await using _ = open;
    const all = Array.from({ length: 20 }, () => toldOf(open, { path: "/watched" }));
    await isWatched(open, "/watched", 20);
    await watched.cancel();
    for (const told of await Promise.all(all)) expect(told).toMatchObject({ isError: false });
    expect(open.swarm.kernel.find("/watched")!.watchers).toBeUndefined();
    expectAtRest(open);
  });

  it("holds no slot meanwhile", async () => {
    const { open, watched } = await withWatched({ limits: { concurrency: 1 } });
    await using _ = open;
    const told = toldOf(open, { path: "/watched" });
    await isWatched(open);
    expect(await watched.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1: nothing");
    watched.tell({ type: "end" });
    expect(await told).toMatchObject({ isError: false, value: { output: 1 } });
    expectAtRest(open);
  });

  it("is told after both were moved to another thread", async () => {
    const { open, watched } = await withWatched({ threads: 1 });
    await using _ = open;
    const told = toldOf(open, { path: "/watched" });
    await isWatched(open);
    open.loseHostOf("/watcher");
    await open.until("host.lost");
    watched.tell({ type: "end" });
    expect(await told).toEqual({ isError: false, value: terminated });
    expectAtRest(open);
  });

  it("is told nothing of its restart", async () => {
    const watchedSpec: AgentSpec = { ...agents.watched, restart: "transient" };
    const { open, watched } = await withWatched({ agents: { ...agents, watched: watchedSpec } });
    await using _ = open;
    const told = toldOf(open, { path: "/watched" });
    await isWatched(open);
    watched.tell({ type: "break" });
    await open.until("agent.restarted");
    expect(await watched.ask({ type: "ask" }, { timeoutMs: 60_000 })).toBe("1: nothing");
    watched.tell({ type: "end" });
    expect(await told).toEqual({ isError: false, value: { ...terminated, output: 1 } });
    expectAtRest(open);
  });

  it("that ends first is forgotten by the one it watched", async () => {
    const { open, watched } = await withWatched();
    await using _ = open;
    const watcher = await open.supervisor.spawn("watcher", { input: { path: "/watched" } });
    await isWatched(open);
    await watcher.cancel();
    expect(open.swarm.kernel.find("/watched")!.watchers?.size).toBe(0);
    await watched.cancel();
    expectAtRest(open);
  });
});

describe("the right to watch", () => {
  it.each([
    ["one that never was", { path: "/nobody" }, "AGENT_UNKNOWN"],
    ["itself", { path: "/watcher" }, "OPTIONS_INVALID"],
    ["the supervisor", { path: "/" }, "OPTIONS_INVALID"],
    ["its parent", { name: "parent" }, "OPTIONS_INVALID"],
    ["one that is no relative", { path: "/parent/child" }, "CAPABILITY_DENIED"],
  ])("is not given for %s", async (_, input, code) => {
    await using open = await openSupervisor({ threads: 0, agents });
    const parent = await open.supervisor.spawn("parent");
    await open.until("agent.started", ({ path }) => path === "/parent/child");
    expect(await toldOf(open, input)).toMatchObject({ isError: true, error: { code } });
    await parent.cancel();
    expectAtRest(open);
  });

  it("is given for one that is no relative by a grant for messages to it", async () => {
    await using open = await openSupervisor({ threads: 0, agents });
    const parent = await open.supervisor.spawn("parent");
    await open.until("agent.started", ({ path }) => path === "/parent/child");
    const grants = ["message:/parent/*"];
    const options = { input: { path: "/parent/child" }, grants };
    const watching = open.supervisor.run({ ...agents.watcher, grants }, options);
    await isWatched(open, "/parent/child");
    await parent.cancel();
    expect(await watching).toMatchObject({ status: "completed", output: { isError: false } });
  });

  it("is a fault of the machine where it names nobody", async () => {
    await using open = await openSupervisor({ threads: 0, agents });
    const outcome = await open.supervisor.run("watcher", { input: {} });
    expect(outcome).toMatchObject({ status: "failed", error: { code: "MACHINE_INVALID" } });
  });
});
