import { describe, expect, it } from "vitest";
import type { AgentSpec, Json } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { MAX_DELAY_MS } from "../../src/wire/clock.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
const soon = { timeoutMs: 60_000 };
const agents: Record<string, AgentSpec> = {
  partner: { machine: fixture("answers") },
  asker: { machine: fixture("asks-agent") },
};

/** Asks `partner` from outside, or has an agent ask it. */
const askers = {
  "the supervisor's caller": async (open: OpenSupervisor, message: Json, timeoutMs: number) => {
    const asked = open.supervisor.find("/partner")!.ask(message, { timeoutMs });
    return asked.then(
      (value) => ({ isError: false, value }),
      (error) => ({ isError: true, error }),
    );
  },
  "another agent": async (open: OpenSupervisor, message: Json, timeoutMs: number) => {
    const input = { to: "partner", message, timeoutMs };
    const outcome = await open.supervisor.run("asker", { input });
    return "output" in outcome ? outcome.output : outcome;
  },
};

async function withPartner(more: Parameters<typeof openSupervisor>[0] = {}) {
  const open = await openSupervisor({ threads: 0, agents, ...more });
  const partner = await open.supervisor.spawn("partner");
  return { open, partner };
}

describe.each(Object.entries(askers))("an ask by %s", (_, ask) => {
  it("is answered with what the partner replies, on another thread", async () => {
    const { open, partner } = await withPartner({ threads: 2 });
    await using _ = open;
    const told = await ask(open, { type: "ask", text: "well?" }, 10_000);
    expect(told).toEqual({ isError: false, value: "1: well?" });
    await partner.cancel();
    expectAtRest(open);
  });

  it("of one that has ended fails at once, carrying the message", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    partner.tell({ type: "end" });
    await partner.outcome;
    const error = { code: "AGENT_STOPPED", details: { message: { type: "ask" } } };
    expect(await ask(open, { type: "ask" }, 60_000)).toMatchObject({ isError: true, error });
    expectAtRest(open);
  });

  it("of one that ends before it has answered fails then", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    const asked = ask(open, { type: "keep" }, 60_000);
    await expect.poll(() => open.swarm.kernel.find("/partner")!.asks.length).toBe(1);
    partner.tell({ type: "end" });
    expect(await asked).toMatchObject({ isError: true, error: { code: "AGENT_STOPPED" } });
    expectAtRest(open);
  });

  it("of one that is too slow fails at its deadline; a late answer is a dead letter", async () => {
    const clock = new ManualClock();
    const { open, partner } = await withPartner({ clock });
    await using _ = open;
    const asked = ask(open, { type: "keep" }, 1_000);
    await expect.poll(() => open.swarm.kernel.find("/partner")!.asks.length).toBe(1);
    clock.advance(999);
    expect(open.swarm.kernel.tree.asks.size).toBe(1);
    clock.advance(1);
    expect(await asked).toMatchObject({ isError: true, error: { code: "ASK_TIMED_OUT" } });
    partner.tell({ type: "speak", text: "too late" });
    expect(await open.until("letter.dead")).toMatchObject({
      path: "/",
      from: "/partner",
      reason: "nobody waits for this answer",
      message: "1: too late",
    });
    await partner.cancel();
    expectAtRest(open);
  });

  it("of one whose mailbox is full is refused, carrying the message", async () => {
    const { open, partner } = await withPartner({ limits: { mailbox: 0 } });
    await using _ = open;
    const error = { code: "MAILBOX_FULL", details: { message: { type: "ask" } } };
    expect(await ask(open, { type: "ask" }, 60_000)).toMatchObject({ isError: true, error });
    await partner.cancel();
    expectAtRest(open);
  });

  it("of one that has not taken it in when its host is lost is answered on the next", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    await expect.poll(() => open.swarm.kernel.find("/partner")!.host).toBeDefined();
    const asked = ask(open, { type: "ask", text: "still there?" }, 60_000);
    open.loseHostOf("/partner");
    expect(await asked).toEqual({ isError: false, value: "1: still there?" });
    await partner.cancel();
    expectAtRest(open);
  });
});

describe("asks of one partner", () => {
  it("are answered one by one, each with its own answer", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    const texts = Array.from({ length: 200 }, (_, at) => `${at + 1}`);
    const answers = await Promise.all(
      texts.map((text) => partner.ask({ type: "ask", text }, soon)),
    );
    expect(answers).toEqual(texts.map((text) => `${text}: ${text}`));
    await partner.cancel();
    expectAtRest(open);
  });

  it("that keeps silent are answered oldest first", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    const first = partner.ask({ type: "keep" }, soon);
    const second = partner.ask({ type: "keep" }, soon);
    partner.tell({ type: "speak", text: "a" });
    partner.tell({ type: "speak", text: "b" });
    expect([await first, await second]).toEqual(["2: a", "2: b"]);
    await partner.cancel();
  });
});

describe("asks of a partner that is restarted", () => {
  it("fail when it had taken them in, and are answered by the next when it had not", async () => {
    const partner: AgentSpec = { ...agents.partner, restart: "transient" };
    const { open, partner: ref } = await withPartner({ agents: { ...agents, partner } });
    await using _ = open;
    const taken = ref.ask({ type: "keep" }, soon);
    const stopped = expect(taken).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    ref.tell({ type: "break" });
    const waiting = ref.ask({ type: "ask", text: "are you new?" }, soon);
    await stopped;
    // Its first message: the new one begins anew.
    expect(await waiting).toBe("1: are you new?");
    expect(open.swarm.kernel.find(ref.path)!.incarnation).toBe(2);
    await ref.cancel();
    expectAtRest(open);
  });
});

describe("an ask by an agent", () => {
  it("of nobody is refused, and its message is a dead letter", async () => {
    await using open = await openSupervisor({ threads: 0, agents });
    const input = { to: "nobody", message: "hello?", timeoutMs: 1_000 };
    const { output } = (await open.supervisor.run("asker", { input })) as { output?: unknown };
    expect(output).toMatchObject({ isError: true, error: { code: "AGENT_UNKNOWN" } });
    expect(await open.until("letter.dead")).toMatchObject({
      path: "/",
      from: "/asker",
      reason: 'there is no agent "nobody"',
      message: "hello?",
    });
    expectAtRest(open);
  });

  it("needs the right to send a message", async () => {
    const grants = ["tool:*", "model:*", "spawn:*", "message:*", { deny: "message:/partner" }];
    const { open, partner } = await withPartner({ grants });
    await using _ = open;
    const input = { to: "partner", message: "hello?", timeoutMs: 1_000 };
    const { output } = (await open.supervisor.run("asker", { input })) as { output?: unknown };
    expect(output).toMatchObject({ isError: true, error: { code: "CAPABILITY_DENIED" } });
    await partner.cancel();
    expectAtRest(open);
  });

  it.each([
    [true, { isError: false, value: "1: may I?" }],
    [false, { isError: true, error: { code: "APPROVAL_DENIED" } }],
  ])("waits for a person where a grant says so, who says %s", async (allow, expected) => {
    const grants = ["tool:*", "model:*", "spawn:*", { allow: "message:*", ask: true }];
    const { open, partner } = await withPartner({ grants, approve: () => ({ allow }) });
    await using _ = open;
    const input = { to: "partner", message: { type: "ask", text: "may I?" }, timeoutMs: 60_000 };
    const { output } = (await open.supervisor.run("asker", { input })) as { output?: unknown };
    expect(output).toMatchObject(expected);
    await partner.cancel();
    expectAtRest(open);
  });

  it("holds no slot: at a concurrency of one its partner can answer", async () => {
    const { open, partner } = await withPartner({ limits: { concurrency: 1 } });
    await using _ = open;
    const input = { to: "partner", message: { type: "ask" }, timeoutMs: 60_000 };
    expect(await open.supervisor.run("asker", { input })).toMatchObject({ status: "completed" });
    await partner.cancel();
    expectAtRest(open);
  });

  it("is answered after the asker was moved to another thread, once", async () => {
    const { open, partner } = await withPartner({ threads: 1 });
    await using _ = open;
    const input = { to: "partner", message: { type: "keep" }, timeoutMs: 60_000 };
    const asker = await open.supervisor.spawn("asker", { input });
    await expect.poll(() => open.swarm.kernel.find("/partner")!.asks.length).toBe(1);
    open.loseHostOf("/asker");
    await open.until("host.lost");
    partner.tell({ type: "speak", text: "found you" });
    const answer = { isError: false, value: "1: found you" };
    expect(await asker.outcome).toMatchObject({ status: "completed", output: answer });
    await partner.cancel();
    expectAtRest(open);
  });

  it("that has ended leaves a dead letter in the place of an answer", async () => {
    const { open, partner } = await withPartner();
    await using _ = open;
    const input = { to: "partner", message: { type: "keep" }, timeoutMs: 60_000 };
    const asker = await open.supervisor.spawn("asker", { input });
    await expect.poll(() => open.swarm.kernel.find("/partner")!.asks.length).toBe(1);
    await asker.cancel();
    partner.tell({ type: "speak" });
    expect(await open.until("letter.dead")).toMatchObject({ path: "/asker", from: "/partner" });
    await partner.cancel();
    expectAtRest(open);
  });

  it.each([0, -1, 1.5, MAX_DELAY_MS + 1])(
    "with a time of %d ms is a fault of its machine",
    async (timeoutMs) => {
      await using open = await openSupervisor({ threads: 0, agents });
      const input = { to: "partner", message: "hello?", timeoutMs };
      expect(await open.supervisor.run("asker", { input })).toMatchObject({
        status: "failed",
        error: { code: "MACHINE_INVALID" },
      });
      expectAtRest(open);
    },
  );
});
