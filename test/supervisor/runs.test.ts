import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool } from "../../src/index.ts";
import { openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const talker: AgentSpec = { model: script("hm", "hm", "hm"), lifetime: "session" };
const quick: AgentSpec = { model: script("done") };

/** A paused supervisor with an idle session; ends it, and does this as who hears of that. */
async function whilePaused(act: (open: Awaited<ReturnType<typeof openSupervisor>>) => void) {
  const open = await openSupervisor({ threads: 0, agents: { talker, quick } });
  const { supervisor } = open;
  const ref = await supervisor.spawn("talker", { input: "Go." });
  await open.until("model.finished");
  await expect.poll(() => supervisor.stats().atWork).toBe(0);
  await supervisor.pause("/");
  supervisor.on("agent.stopped", ({ path }) => {
    if (path === ref.path) act(open);
  });
  await ref.cancel();
  return open;
}

describe("a listener that resumes the supervisor", () => {
  it("and spawns has an agent that is not paused", async () => {
    await using open = await whilePaused(({ supervisor }) => {
      void supervisor.resume("/");
      void supervisor.spawn("quick", { input: "Go." });
    });
    await open.until("agent.stopped", ({ path }) => path === "/quick");
  });

  it("and pauses it again has it paused", async () => {
    await using open = await whilePaused(({ supervisor }) => {
      void supervisor.resume("/");
      void supervisor.pause("/");
    });
    const { supervisor, seen } = open;
    await supervisor.spawn("quick", { input: "Go." });
    await new Promise((next) => setTimeout(next, 50));
    expect(supervisor.tree().children.at(-1)).toMatchObject({ name: "quick", status: "paused" });
    expect(seen.filter(({ type, path }) => path === "/quick" && type === "agent.started")).toEqual(
      [],
    );
  });
});

it("nothing is kept of who has left hosts that are lost", async () => {
  await using open = await openSupervisor({ threads: 1, agents: { talker, quick } });
  const { supervisor, swarm } = open;
  const ref = await supervisor.spawn("talker", { input: "Go." });
  for (let lost = 1; lost < 4; lost += 1) {
    await supervisor.run("quick", { input: "Go." });
    open.loseHostOf(ref.path);
    await open.until("agent.moved", undefined, lost);
  }
  const { former } = swarm.runs.trunk.tree.locations.saved as { former: readonly unknown[] };
  expect(former).toEqual([]);
});

describe("what a person allows to all", () => {
  const work = defineTool({
    name: "work",
    description: "Works.",
    input: { type: "object" },
    execute: () => "worked",
  });
  const worker: AgentSpec = { model: script([call("work")], "done"), tools: ["work"] };

  it.each(["all at once", "one of them"])("is heard of once by each run: %s", async (which) => {
    const grants = ["model:*", { allow: "tool:work", ask: true }];
    await using open = await openSupervisor({
      threads: 0,
      tools: [work],
      grants,
      agents: { worker },
    });
    const { supervisor, swarm } = open;
    const many = 40;
    const refs = await Promise.all(
      Array.from({ length: many }, () => supervisor.spawn("worker", { input: "Go." })),
    );
    await open.until("approval.requested", undefined, many);
    let heard = 0;
    const { notify } = swarm.inbox;
    swarm.inbox.notify = (notice) => {
      if (notice.type === "allowed") heard += 1;
      notify.call(swarm.inbox, notice);
    };
    const ids = supervisor.approvals().map(({ id }) => id);
    const decided = which === "one of them" ? ids.slice(0, 1) : ids;
    await supervisor.decide(decided, { allow: true, scope: "always" });
    for (const ref of refs) expect(await ref.outcome).toMatchObject({ status: "completed" });
    expect(heard).toBe(many - decided.length);
  });
});
