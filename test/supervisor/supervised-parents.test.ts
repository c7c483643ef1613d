import { describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, type ModelSpec, type ScriptedStep } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { call, script, spawn } from "./scripts.ts";

const intensity = { maxRestarts: 3, withinMs: 60_000, backoffMs: 1, maxBackoffMs: 1 };
const background = { background: true };
const idle: AgentSpec = {
  model: { provider: "scripted", repeat: true, steps: [{ text: "ready" }] },
  lifetime: "session",
};

function model(...steps: ScriptedStep[]): ModelSpec {
  return { provider: "scripted", steps };
}

/** A tool that answers once an agent at the end of a path is idle. */
function whenIdle(name: string, open: () => OpenSupervisor) {
  return defineTool({
    name: "until_idle",
    description: "Waits.",
    input: { type: "object" },
    execute: async () => {
      const of = ({ path }: { path: string }) => path.endsWith(`/${name}`);
      await open().until("model.finished", of);
      for (;;) {
        const nodes = [...open().swarm.kernel.tree.nodes.values()];
        if (nodes.some((node) => of(node) && node.status === "waiting" && node.idle)) return "idle";
        await new Promise(setImmediate);
      }
    },
  });
}

const restarted = ({ seen }: OpenSupervisor) =>
  seen.filter(({ type }) => type === "agent.restarted").map(({ path }) => path);

describe.each(["one-for-one", "one-for-all", "rest-for-one"] as const)("%s", (strategy) => {
  it("restarts an agent that fails above an idle session, and its parent's wait ends", async () => {
    const flaky: AgentSpec = {
      restart: "transient",
      agents: ["idle"],
      tools: ["until_idle"],
      model: model(
        { toolCalls: [spawn("idle", background)] },
        { toolCalls: [call("until_idle")] },
        { error: "out of order" },
        { text: "made it" },
      ),
    };
    const sibling: AgentSpec = { ...idle, restart: "transient", agents: ["idle"] };
    const lead: AgentSpec = {
      agents: ["flaky", "sibling"],
      strategy,
      intensity,
      model: script(
        [spawn("flaky", background), spawn("sibling", background)],
        [call("wait_agents", { names: ["flaky"] })],
        [call("cancel_agent", { name: "sibling" })],
        "All done.",
      ),
    };
    await using open: OpenSupervisor = await openSupervisor({
      threads: 0,
      agents: { idle, flaky, sibling, lead },
      tools: [whenIdle("idle", () => open)],
    });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({
      status: "completed",
      output: "All done.",
    });
    const also = strategy === "one-for-one" ? [] : ["/lead/sibling"];
    expect(restarted(open)).toEqual(["/lead/flaky", ...also]);
    expectAtRest(open);
  });
});

describe("a supervising agent that has given up on its children", () => {
  const failing: ModelSpec = { provider: "scripted", repeat: true, steps: [{ error: "broken" }] };
  const once = { ...intensity, maxRestarts: 1 };

  it("counts the restarts of those that it starts then from none", async () => {
    const child = { model: failing, restart: "transient" } as const;
    const lead: AgentSpec = {
      agents: ["child"],
      intensity: once,
      model: script([spawn("child")], [spawn("child")], "Both failed."),
    };
    await using open = await openSupervisor({ threads: 0, agents: { child, lead } });
    expect(await open.supervisor.run("lead", { input: "go" })).toMatchObject({
      status: "completed",
    });
    expect(restarted(open)).toEqual(["/lead/child", "/lead/child-2"]);
    expectAtRest(open);
  });

  it.each([
    ["temporary", 1],
    ["transient", 1],
    ["permanent", 2],
  ] as const)("comes back only where it is permanent: %s", async (restart, incarnation) => {
    const low = { model: failing, restart: "permanent" } as const;
    const middle: AgentSpec = {
      restart,
      agents: ["low"],
      intensity: { ...intensity, maxRestarts: 0 },
      model: script([spawn("low", background)], [call("wait_agents")], "Again."),
      lifetime: "session",
    };
    const top: AgentSpec = {
      agents: ["middle"],
      intensity,
      model: script([spawn("middle", background)], "Waiting."),
      lifetime: "session",
    };
    await using open = await openSupervisor({ threads: 0, agents: { low, middle, top } });
    await open.supervisor.spawn("top", { input: "go" });
    if (restart === "permanent") await open.until("agent.restarted");
    else {
      const stopped = await open.until("agent.stopped", ({ path }) => path === "/top/middle");
      expect(stopped).toMatchObject({
        outcome: { status: "failed", error: { code: "RESTART_INTENSITY_EXCEEDED" } },
      });
    }
    expect(open.swarm.kernel.find("/top/middle")?.incarnation).toBe(incarnation);
  });
});
