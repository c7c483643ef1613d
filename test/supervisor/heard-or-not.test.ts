import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { launch } from "../../src/supervisor/launch.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { call, script } from "./scripts.ts";

const tool = (name: string, execute: (context: { readonly path: string }) => unknown) =>
  defineTool({
    name,
    description: "Answers.",
    input: { type: "object" },
    execute: (_, at) => execute(at),
  });
const now = tool("now", () => "now");
const later = tool("later", () => new Promise((answer) => setTimeout(answer, 2, "later")));
const [NOW, LATER, NONE] = [call("now"), call("later"), call("none")];
const caller: AgentSpec = {
  model: script([NOW], [NOW, LATER, NOW], [NONE], [LATER], [NOW, NONE], "done"),
  tools: ["now", "later"],
};
/** Requests are taken in slices of time: here they are one. */
const clock = { ...systemClock, now: () => 1 };

/** Starts a supervisor and counts the steps that only carry out a request. */
async function counted(options: SupervisorOptions) {
  const swarm = await launch({ clock, ...options });
  const supervisor: Supervisor = Reflect.construct(Supervisor, [swarm, undefined]);
  const steps = { requests: 0 };
  const { post } = swarm.inbox;
  swarm.inbox.post = (input) => {
    if (input.type === "request") steps.requests += 1;
    post.call(swarm.inbox, input);
  };
  return { supervisor, steps };
}

async function factsOf(supervisor: Supervisor): Promise<readonly string[]> {
  const facts: string[] = [];
  for await (const event of supervisor.events({ since: 0 })) {
    if (!("seq" in event) || event.path === "/") continue;
    const { at: _at, seq: _seq, ...told } = event;
    facts.push(JSON.stringify(told, Object.keys(told).sort()));
    if (event.type === "agent.stopped") break;
  }
  return facts;
}

describe.each([0, 1])("a request, with %i threads", (threads) => {
  it("has the same facts in the same order, whether a listener is told or not", async () => {
    const options = { threads, tools: [now, later], agents: { caller } };
    const quiet = await counted(options);
    const heard = await counted(options);
    heard.supervisor.on("tool.requested", () => undefined);
    for (const { supervisor } of [quiet, heard]) {
      const outcome = await supervisor.run("caller", { input: "go" });
      expect(outcome).toMatchObject({ status: "completed", output: "done" });
    }
    const facts = await factsOf(heard.supervisor);
    expect(facts.filter((fact) => fact.includes("tool.finished"))).toHaveLength(6);
    expect(await factsOf(quiet.supervisor)).toEqual(facts);
    expect(quiet.steps.requests).toBeLessThan(heard.steps.requests / 2);
    await Promise.all([quiet.supervisor.stop(), heard.supervisor.stop()]);
  });

  it("is taken up in its own step again once the listener is gone", async () => {
    const one: AgentSpec = { model: script([NOW], [NOW], "done"), tools: ["now"] };
    const { supervisor, steps } = await counted({ threads, tools: [now], agents: { one } });
    const run = async () => {
      steps.requests = 0;
      await supervisor.run("one", { input: "go" });
      return steps.requests;
    };
    expect(await run()).toBe(0);
    const listener = () => undefined;
    supervisor.on("*", listener);
    expect(await run()).toBeGreaterThan(0);
    supervisor.off("*", listener);
    expect(await run()).toBe(0);
    supervisor.once("agent.spawned", listener);
    expect(await run()).toBe(0);
    await supervisor.stop();
  });

  it("is not begun when the call before it ends its agent", async () => {
    let calls = 0;
    let cancel: (path: string) => void = () => undefined;
    const ends = tool("now", ({ path }) => {
      calls += 1;
      cancel(path);
    });
    const two: AgentSpec = { model: script([NOW, NOW], "done"), tools: ["now"] };
    const { supervisor } = await counted({ threads, tools: [ends], agents: { two } });
    cancel = (path) => void supervisor.cancel(path, "by its own tool");
    const outcome = await supervisor.run("two", { input: "go" });
    expect(outcome).toMatchObject({ status: "cancelled", reason: "by its own tool" });
    expect(calls).toBe(1);
    await supervisor.stop();
  });

  it("leaves the thread to others between slow tools", async () => {
    let turns = 0;
    const turnsAt: number[] = [];
    const slow = tool("now", () => {
      turnsAt.push(turns);
      const until = performance.now() + 6;
      while (performance.now() < until);
    });
    const one: AgentSpec = { model: script([NOW], "done"), tools: ["now"] };
    const options = { threads, tools: [slow], agents: { one }, clock: systemClock };
    const { supervisor } = await counted(options);
    const many = Array.from({ length: 20 }, () => supervisor.run("one", { input: "go" }));
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    turn();
    await Promise.all(many);
    isOver = true;
    expect(new Set(turnsAt).size).toBeGreaterThan(8);
    await supervisor.stop();
  });
});
