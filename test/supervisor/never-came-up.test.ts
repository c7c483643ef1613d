import { describe, expect, it } from "vitest";
import type { AgentSpec } from "../../src/index.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const machine = new URL("../fixtures/supervisor/breaks-at-start.ts", import.meta.url).href;
const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
const bad: AgentSpec = { machine, restart: "transient" };
const neighbour: AgentSpec = { machine, restart: "transient", input: "never" };
const spawnBad = (input: string, background = false) =>
  call("spawn_agent", { agent: "bad", input, background });
const spawnNeighbour = call("spawn_agent", {
  agent: "neighbour",
  input: "never",
  background: true,
});

function lead(...steps: readonly Step[]): AgentSpec {
  const agents = ["bad", "neighbour"];
  return { agents, strategy: "one-for-all", intensity, model: script([spawnNeighbour], ...steps) };
}

type Step = string | readonly ReturnType<typeof call>[];

const end: readonly Step[] = [
  [call("cancel_agent", { name: "neighbour" })],
  [call("wait_agents")],
  "Done.",
];

describe.each([0, 1])("a child that never came up, on %i threads", (threads) => {
  it.each(["context", "entry"])("is the result of the call that spawned it: %s", async (input) => {
    const agents = { bad, neighbour, lead: lead([spawnBad(input)], ...end) };
    await using open = await openSupervisor({ threads, agents });
    const outcome = await open.supervisor.run("lead", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "Done." });
    const transcript = JSON.stringify(open.swarm.kernel.find("/lead")?.transcript);
    expect(transcript).toContain("broken");
    const ended = open.seen.filter(({ type }) => type === "agent.stopped");
    expect(ended[0]).toMatchObject({
      path: "/lead/bad",
      outcome: { status: "failed", error: { code: "MACHINE_INVALID" } },
    });
    expect(open.seen.filter(({ type }) => type === "agent.restarted")).toEqual([]);
    expectAtRest(open);
  });

  it("is told of as any end where it was spawned in the background", async () => {
    const wait = [call("wait_agents", { names: ["bad"] })];
    const agents = { bad, neighbour, lead: lead([spawnBad("entry", true)], wait, ...end) };
    await using open = await openSupervisor({ threads, agents });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({ output: "Done." });
    expect(open.seen.filter(({ type }) => type === "agent.restarted")).toEqual([]);
    expectAtRest(open);
  });

  it("is another thing than one that breaks a moment later", async () => {
    const agents = { bad, neighbour, lead: lead([spawnBad("later")], ...end) };
    await using open = await openSupervisor({ threads, agents });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({ output: "Done." });
    const back = open.seen.filter(({ type }) => type === "agent.restarted");
    expect(back.filter(({ path }) => path === "/lead/bad")).toHaveLength(3);
    expectAtRest(open);
  });
});
