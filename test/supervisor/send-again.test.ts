import { describe, expect, it } from "vitest";
import { openSupervisor } from "./open-supervisor.ts";

const machine = (name: string) => new URL(`../fixtures/sends/${name}.ts`, import.meta.url).href;
const agents = { a: { machine: machine("insists") }, b: { machine: machine("counts") } };

describe.each([0, 1])("a machine that tries again what was refused, with %i threads", (threads) => {
  it("comes to send it in a later step", async () => {
    const count = 20_010;
    const limits = { mailbox: count + 10 };
    await using open = await openSupervisor({ agents, limits, graceMs: 1, threads });
    const b = await open.supervisor.spawn("b");
    const a = await open.supervisor.spawn("a");
    a.tell({ type: "work", upTo: count });
    const report = () => b.ask({ type: "report" }, { timeoutMs: 20_000 });
    await expect.poll(report, { timeout: 20_000 }).toMatchObject({ count });
    expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
  });

  it.each([{ type: "work", upTo: 1 }, { type: "call" }])(
    "leaves the thread to others while it is cancelled, after $type",
    async (event) => {
      await using open = await openSupervisor({ agents, graceMs: 1_000, threads });
      const b = await open.supervisor.spawn("b");
      const a = await open.supervisor.spawn("a");
      a.tell(event);
      await open.until("agent.state", ({ path, state }) => path === "/a" && state !== "sending");
      const cancelled = a.cancel();
      expect(await b.ask({ type: "report" }, { timeoutMs: 1_000 })).toMatchObject({
        inOrder: true,
      });
      await cancelled;
      expect(await a.outcome).toMatchObject({ status: "killed", reason: "cancelled" });
      expect(open.seen.filter(({ type }) => type === "host.lost")).toEqual([]);
    },
  );
});

describe.each(["bytes", "values"])("messages of one step that have the most %s", (by) => {
  it.each([0, 1, 101])("are sent, and %i more are refused", async (more) => {
    await using open = await openSupervisor({ agents, graceMs: 1, threads: 0 });
    const b = await open.supervisor.spawn("b");
    const a = await open.supervisor.spawn("a");
    a.tell({ type: "fill", by, more });
    await open.until("agent.state", ({ path, state }) => path === "/a" && state === "sent");
    await b.ask({ type: "report" }, { timeoutMs: 5_000 });
    const refused = open.seen.filter(({ type }) => type === "letter.dead");
    expect(open.supervisor.stats().deadLetters).toBe(more);
    for (const { reason } of refused) expect(reason).toContain("send the rest in a later one");
    expect(open.seen.filter(({ type }) => type === "agent.stopped")).toEqual([]);
  });
});
