import { describe, expect, it } from "vitest";
import type { Host } from "../../src/hosts/host.ts";
import { type AgentRef, defineTool, Supervisor } from "../../src/index.ts";
import { MAX_QUARANTINED } from "../../src/kernel/shared-root.ts";
import type { AnyEvent } from "../../src/wire/event.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const tool = (name: string, done: Promise<void>) =>
  defineTool({ name, description: name, input: { type: "object" }, execute: () => done });

const isIn =
  (name: string) =>
  ({ state }: AnyEvent) =>
    state === name;

const neighbour = { machine: fixture("neighbour"), tools: ["quick", "slow"] };

/** Some machines that wait for a slow tool on the one user-code thread. */
async function waiting(count: number, agents: Record<string, AgentSpec>) {
  const gate = Promise.withResolvers<void>();
  const open = await openSupervisor({
    threads: 1,
    heartbeatMs: 50,
    graceMs: 300,
    tools: [tool("quick", Promise.resolve()), tool("slow", gate.promise)],
    agents: { neighbour, ...agents },
  });
  const spawned = Array.from({ length: count }, (_, n) =>
    open.supervisor.spawn("neighbour", { input: { n, restMs: 1 } }),
  );
  const others = await Promise.all(spawned);
  await open.until("tool.started", ({ tool: called }) => called === "slow", count);
  const complete = async (): Promise<void> => {
    gate.resolve();
    await open.until("agent.state", isIn("listening"), count);
    for (const other of others) other.tell({ type: "finish" });
    for (const { outcome } of others) expect(await outcome).toMatchObject({ status: "completed" });
  };
  return { open, others, complete };
}

const lost = ({ seen }: OpenSupervisor) => seen.filter(({ type }) => type === "host.lost");

describe("a thread that freezes when nobody is known to run", () => {
  it("charges nobody, tries who may have alone, and kills who freezes again", async () => {
    const agents = { guilty: { machine: fixture("freezes-unseen") } };
    const { open, others, complete } = await waiting(5, agents);
    await using _ = open;
    const { supervisor } = open;
    const guilty = await supervisor.spawn("guilty");
    guilty.tell({ type: "freeze" });
    await open.until("host.suspect");
    // They have not taken this in, so each of them may be the one.
    for (const other of others.slice(0, 3)) other.tell({ type: "message", text: "well?" });
    await open.until("host.lost");
    expect(supervisor.tree().children.map(({ outcome }) => outcome)).toEqual(Array(6));
    const its = (id: unknown) => supervisor.stats().hosts.find((host) => host.id === id);
    const isAlone = ({ host }: AnyEvent) => its(host)?.isolation === "thread";
    const { host } = await open.until("host.suspect", isAlone);
    expect(its(host)).toMatchObject({ agents: 1 });
    expect(await guilty.outcome).toMatchObject({ status: "killed", error: { code: "HOST_LOST" } });
    await complete();
    expect(lost(open).filter(({ cause }) => cause === "froze")).toHaveLength(2);
    const alone = supervisor.stats().hosts.filter(({ isolation }) => isolation !== undefined);
    expect(alone).toEqual([]);
    expectAtRest(open);
  });
});

describe("a thread that freezes by somebody who has ended", () => {
  it("costs nobody anything", async () => {
    const { open, complete } = await waiting(3, { gone: { machine: fixture("leaves-loop") } });
    await using _ = open;
    expect(await open.supervisor.run("gone")).toMatchObject({ status: "completed" });
    await open.until("host.lost");
    await complete();
    expect(lost(open)).toMatchObject([{ cause: "froze" }]);
    expectAtRest(open);
  });
});

describe("a model's module that freezes the thread of its agent", () => {
  const model = { provider: fixture("freezing-model") };
  it.each([
    ["the loop", { model }],
    ["a machine", { model, machine: fixture("calls-model") }],
  ])("has %s killed that called it", async (_, caller) => {
    const { open, complete } = await waiting(1, { caller });
    await using __ = open;
    const outcome = await open.supervisor.run("caller", { input: "Hello?" });
    expect(outcome).toMatchObject({ status: "killed", usage: { modelCalls: 1 } });
    await complete();
    expectAtRest(open);
  });
});

describe("machines whose module's models were at work when nobody knows who froze", () => {
  const asker = { machine: fixture("calls-model"), model: { provider: fixture("gated-model") } };

  async function tried(count: number) {
    const gate = Promise.withResolvers<void>();
    Object.assign(globalThis, { gate: gate.promise });
    const open = await openSupervisor({ threads: 0, agents: { asker } });
    const spawned = Array.from({ length: count }, () => open.supervisor.spawn("asker"));
    const agents = await Promise.all(spawned);
    await open.until("model.started", undefined, count);
    const { router, kernel, hostEvents } = open.swarm;
    const host = router.host(kernel.find("/asker")?.host) as Host;
    hostEvents.hear(host, {
      ...{ type: "lost", reason: "it froze" },
      blame: { cause: "froze", running: [] },
    });
    return { open, agents, gate };
  }

  it("are all asked again, also those that wait for a host of their own", async () => {
    const { open, agents, gate } = await tried(MAX_QUARANTINED + 3);
    await using _ = open;
    gate.resolve();
    for (const { outcome } of agents) expect(await outcome).toMatchObject({ status: "completed" });
    expectAtRest(open);
  });

  it("pay nothing more where they end before they have one", async () => {
    const { open, agents } = await tried(MAX_QUARANTINED + 1);
    await using _ = open;
    const last = agents.at(-1) as AgentRef;
    const { spent } = open.supervisor.budget(last.path).tokens;
    await last.cancel("enough");
    expect(await last.outcome).toMatchObject({ status: "cancelled" });
    expect(open.supervisor.budget().tokens.spent).toBe(spent * agents.length);
    await open.supervisor.cancel("/", "enough");
    expectAtRest(open);
  });
});

describe("heartbeatMs", () => {
  it.each([10, 60_000])("may be %i", async (heartbeatMs) => {
    await using open = await openSupervisor({ threads: 0, heartbeatMs });
    expect(open.supervisor.health()).toMatchObject({ live: true });
  });

  it.each([9, 60_001, 0, 10.5])("may not be %d", async (heartbeatMs) => {
    const started = Supervisor.start({ threads: 0, heartbeatMs });
    await expect(started).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });
});
