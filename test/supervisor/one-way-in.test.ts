import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type AgentSpec, defineTool, type Supervisor } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const plain: AgentSpec = { model: script("done") };
const input = { type: "object" } as const;

describe.each([0, 1])("with %i threads", (threads) => {
  it("a listener hears of a step when it is over, and what it causes comes after", async () => {
    await using open = await openSupervisor({ threads, agents: { plain } });
    const { supervisor, seen } = open;
    const found: unknown[] = [];
    supervisor.on("agent.spawned", ({ path }) => {
      // It is placed already: that is a part of the same step.
      found.push([path, supervisor.find(path)?.path, open.swarm.kernel.find(path)?.started]);
      if (path === "/plain") void supervisor.spawn("plain", { input: "Go." });
    });
    await supervisor.run("plain", { input: "Go." });
    await open.until("agent.stopped", ({ path }) => path === "/plain-2");
    expect(found).toEqual([
      ["/plain", "/plain", true],
      ["/plain-2", "/plain-2", true],
    ]);
    const seqs = seen.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expectAtRest(open);
  });

  it("what a tool's signal calls for at its end is an order like others", async () => {
    const aborted = Promise.withResolvers<string>();
    const waits = defineTool({
      name: "waits",
      description: "Waits.",
      input,
      execute: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            void supervisor.cancel("/other", "so does this one");
            aborted.resolve(
              supervisor
                .tree()
                .children.map(({ status }) => status)
                .join(" "),
            );
            resolve("never mind");
          });
        }),
    });
    const agents = {
      waiter: { model: script([call("waits")], "done"), tools: ["waits"] },
      other: { model: script("hm"), lifetime: "session" },
    } as const;
    await using open = await openSupervisor({ threads, tools: [waits], agents });
    const { supervisor } = open;
    const other = await supervisor.spawn("other", { input: "Go." });
    const waiter = await supervisor.spawn("waiter", { input: "Go." });
    await open.until("tool.started");
    await waiter.cancel("enough");
    expect(await other.outcome).toMatchObject({ status: "cancelled", reason: "so does this one" });
    await aborted.promise;
    expectAtRest(open);
  });

  it("an order by who hears of progress is followed at once", async () => {
    const decided = Promise.withResolvers<void>();
    const slow = defineTool({
      name: "slow",
      description: "Waits until the other has run.",
      input,
      execute: async (_, { progress }) => {
        const asked = setInterval(() => progress(0.5), 10);
        await decided.promise;
        clearInterval(asked);
      },
    });
    const asked = defineTool({
      name: "asked",
      description: "A person is asked.",
      input,
      execute: () => decided.resolve(),
    });
    const agents = {
      a: { model: script([call("slow"), call("asked")], "done"), tools: ["slow", "asked"] },
    };
    const grants = ["model:*", "tool:slow", { allow: "tool:asked", ask: true }];
    const options = { threads, tools: [slow, asked], agents, grants };
    await using open = await openSupervisor(options);
    const { supervisor } = open;
    supervisor.on("tool.progress", () => {
      for (const { id } of supervisor.approvals()) void supervisor.decide(id, { allow: true });
    });
    expect((await supervisor.run("a", { input: "Go." })).status).toBe("completed");
  });

  it("a reader that begins in a listener gets each fact once, in their order", async () => {
    await using open = await openSupervisor({ threads, agents: { plain } });
    const { supervisor } = open;
    const seqs: number[] = [];
    supervisor.once("agent.spawned", () => {
      void (async () => {
        for await (const { seq } of supervisor.events({ since: 0 })) {
          if (seq !== undefined) seqs.push(seq);
        }
      })();
    });
    await supervisor.run("plain", { input: "Go." });
    await expect.poll(() => seqs.length).toBe(open.swarm.log.last);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
  });

  it("who holds on to an agent that is not kept is told that it has ended", async () => {
    await using open = await openSupervisor({ threads, keepMb: 0, agents: { plain } });
    const { supervisor, seen } = open;
    const ref = await supervisor.spawn("plain", { input: "Go." });
    await ref.outcome;
    expect(supervisor.find(ref.path)).toBeUndefined();
    expect(ref.tell("Hello?")).toBe(false);
    const ended = { code: "AGENT_STOPPED" };
    const asked = { ...ended, details: { message: "Still there?" } };
    await expect(ref.ask("Still there?", { timeoutMs: 1_000 })).rejects.toMatchObject(asked);
    await expect(ref.whenRoom()).rejects.toMatchObject(ended);
    await ref.cancel();
    const letters = seen.filter(({ type }) => type === "letter.dead");
    expect(letters.map(({ path, message }) => [path, message])).toEqual([
      [ref.path, "Hello?"],
      [ref.path, "Still there?"],
    ]);
  });

  it("what an agent had asked for goes with it, and nobody looks for it again", async () => {
    const work = defineTool({ name: "work", description: "Works.", input, execute: () => "ok" });
    const calls = Array.from({ length: 100 }, () => call("work"));
    const eager: AgentSpec = { model: script(calls, "never"), tools: ["work"] };
    const options = { threads, keepMb: 0, graceMs: 0, tools: [work], agents: { eager } };
    await using open = await openSupervisor(options);
    const { supervisor, swarm } = open;
    supervisor.once("tool.requested", ({ path }) => {
      // More than a slice, so that the others wait.
      for (const until = performance.now() + 20; performance.now() < until; );
      void supervisor.cancel(path);
    });
    expect((await supervisor.run("eager", { input: "Go." })).status).not.toBe("completed");
    expect(swarm.requests.saved.size).toBe(0);
    const steps: string[] = [];
    const take = swarm.inbox.take.bind(swarm.inbox);
    swarm.inbox.take = (taken) => {
      steps.push(taken.type);
      return take(taken);
    };
    for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setTimeout(next, 1));
    expect(steps.filter((type) => type === "request")).toEqual([]);
  });

  it("what is ended by code within a decision ends behind it, and is not lost", async () => {
    const ends: readonly ((open: OpenSupervisor, stop: AbortController) => unknown)[] = [
      ({ supervisor }) => supervisor.cancel("/caller", "poisoned"),
      (_open, stop) => stop.abort("poisoned"),
      ({ supervisor }) => supervisor.stop(),
    ];
    for (const end of ends) {
      let ran = 0;
      const asked: unknown[] = [];
      const poisoned = defineTool({
        name: "poisoned",
        description: "Has its caller ended while its input is read.",
        input: z.object({}).refine(() => {
          asked.push(end(open, stop));
          return true;
        }),
        execute: () => {
          ran += 1;
        },
      });
      const stop = new AbortController();
      const caller: AgentSpec = { model: script([call("poisoned")], "on"), tools: ["poisoned"] };
      await using open = await openSupervisor({ threads, tools: [poisoned], agents: { caller } });
      const { supervisor } = open;
      const outcome = await supervisor.run("caller", { input: "Go.", signal: stop.signal });
      expect(outcome).toMatchObject({ status: "cancelled" });
      await Promise.all(asked);
      expect(ran).toBe(0);
      await supervisor.stop();
      expect(supervisor.health().live).toBe(false);
    }
  });

  it("code within a decision is told to ask later, and costs its call alone", async () => {
    const picky = defineTool({
      name: "picky",
      description: "Looks at the supervisor while its input is read.",
      input: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) => {
            supervisor.revoke("/caller", "tool:picky");
            return { value };
          },
          jsonSchema: { input: () => input, output: () => input },
        },
      } as never,
      execute: () => "never",
    });
    const caller: AgentSpec = { model: script([call("picky")], "went on"), tools: ["picky"] };
    await using open = await openSupervisor({ threads, tools: [picky], agents: { caller } });
    const supervisor: Supervisor = open.supervisor;
    const outcome = await supervisor.run("caller", { input: "Go." });
    expect(outcome).toMatchObject({ status: "completed", output: "went on" });
    const denied = await open.until("tool.denied");
    expect(denied.message).toContain("runs within a decision; ask for it later");
    expectAtRest(open);
  });
});
