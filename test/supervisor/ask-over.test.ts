import { expect, it } from "vitest";
import type { AgentSpec } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const soon = { timeoutMs: 60_000 };
const keep = { type: "keep" };
const agents: Record<string, AgentSpec> = {
  partner: { machine: fixture("answers") },
  asker: { machine: fixture("asks-agent") },
};

const asksOf = ({ swarm }: OpenSupervisor) => swarm.kernel.find("/partner")?.asks.length;
/** Those that the partner itself remembers, by its last frame. */
const remembered = ({ swarm }: OpenSupervisor) =>
  (swarm.kernel.find("/partner")?.state as { readonly asks?: unknown } | undefined)?.asks;

it.each([0, 1])(
  "an ask that has timed out takes no other's answer, on %i threads",
  async (threads) => {
    const clock = new ManualClock();
    await using open = await openSupervisor({ threads, agents, clock });
    const partner = await open.supervisor.spawn("partner");
    const dead = partner.ask(keep, { timeoutMs: 1_000 }).catch(({ code }) => code);
    await expect.poll(() => remembered(open)).toHaveLength(1);
    clock.advance(1_000);
    expect(await dead).toBe("ASK_TIMED_OUT");
    const [first, second] = [partner.ask(keep, soon), partner.ask(keep, soon)];
    partner.tell({ type: "speak", text: "to the first" });
    partner.tell({ type: "speak", text: "to the second" });
    expect([await first, await second]).toEqual(["3: to the first", "3: to the second"]);
    expect(open.seen.filter(({ type }) => type === "letter.dead")).toEqual([]);
    await partner.cancel();
    expectAtRest(open);
  },
);

it("an ask of an agent that was cancelled takes no other's answer", async () => {
  await using open = await openSupervisor({ threads: 0, agents });
  const partner = await open.supervisor.spawn("partner");
  const input = { to: "partner", message: keep, timeoutMs: 60_000 };
  const asker = await open.supervisor.spawn("asker", { input });
  await expect.poll(() => remembered(open)).toHaveLength(1);
  await asker.cancel();
  expect(asksOf(open)).toBe(0);
  expect(open.swarm.kernel.tree.asks.size).toBe(0);
  const asked = partner.ask(keep, soon);
  partner.tell({ type: "speak", text: "to who asks now" });
  expect(await asked).toBe("2: to who asks now");
  await partner.cancel();
  expectAtRest(open);
});

it("an ask that was over before it was taken in takes no other's answer", async () => {
  const clock = new ManualClock();
  await using open = await openSupervisor({ threads: 0, agents, clock });
  const partner = await open.supervisor.spawn("partner");
  await expect.poll(() => open.swarm.kernel.find("/partner")?.status).toBe("waiting");
  open.supervisor.pause("/partner");
  const dead = partner.ask(keep, { timeoutMs: 1_000 }).catch(({ code }) => code);
  clock.advance(1_000);
  expect(await dead).toBe("ASK_TIMED_OUT");
  open.supervisor.resume("/partner");
  const asked = partner.ask(keep, soon);
  partner.tell({ type: "speak", text: "to who asks now" });
  expect(await asked).toBe("2: to who asks now");
  await partner.cancel();
  expectAtRest(open);
});

it("an ask that was over when its agent moved takes no other's answer", async () => {
  const clock = new ManualClock();
  await using open = await openSupervisor({ threads: 1, agents, clock });
  const partner = await open.supervisor.spawn("partner");
  const dead = partner.ask(keep, { timeoutMs: 1_000 }).catch(({ code }) => code);
  const asked = partner.ask(keep, soon);
  await expect.poll(() => remembered(open)).toHaveLength(2);
  open.loseHostOf("/partner");
  clock.advance(1_000);
  expect(await dead).toBe("ASK_TIMED_OUT");
  // A thread is begun again after a wait.
  const moving = setInterval(() => clock.advance(50), 5);
  partner.tell({ type: "speak", text: "to who still asks" });
  expect(await asked).toBe("2: to who still asks");
  clearInterval(moving);
  await partner.cancel();
});

it("an ask of the loop that has timed out takes no other's answer", async () => {
  const steps = [{ text: "Begun." }, { text: "One.", delayMs: 100 }, { text: "Two." }];
  const loop: AgentSpec = { model: { provider: "scripted", steps }, lifetime: "session" };
  await using open = await openSupervisor({ threads: 0, agents: { loop } });
  const partner = await open.supervisor.spawn("loop", { input: "Begin." });
  const dead = partner.ask("First?", { timeoutMs: 1 }).catch(({ code }) => code);
  expect(await dead).toBe("ASK_TIMED_OUT");
  expect(await partner.ask("Second?", soon)).toBe("Two.");
  await partner.cancel();
  expectAtRest(open);
});
