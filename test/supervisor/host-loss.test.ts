import { describe, expect, it } from "vitest";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, type SmallSwarm, smallSwarm } from "./small-swarm.ts";

interface Run {
  readonly agent: "lead" | "errand";
  readonly output: unknown;
  readonly toolCalls: number;
}

const runs: readonly Run[] = [
  { agent: "lead", output: "All done.", toolCalls: 5 },
  { agent: "errand", output: errandOutput, toolCalls: 3 },
];

/** Runs an agent and ends all hosts at its event number `at`; false when it has fewer. */
async function loseAt(
  at: number,
  { agent, output, toolCalls }: Run,
  open: OpenSupervisor,
  { executed }: SmallSwarm,
): Promise<boolean> {
  const { supervisor, seen, swarm } = open;
  const [events, calls] = [seen.length, executed.length];
  let happened = 0;
  let lost: string | undefined;
  let path: string | undefined;
  const listener = (event: { readonly path: string; readonly type: string }): void => {
    if (event.path === "/") return;
    path ??= event.path;
    happened += 1;
    if (happened !== at) return;
    lost = `event ${at}: ${event.type} ${event.path}`;
    for (const node of swarm.kernel.tree.nodes.values()) open.loseHostOf(node.path);
  };
  supervisor.on("*", listener);
  const outcome = await supervisor.run(agent, { input: "Go.", timeoutMs: 60_000 });
  supervisor.off("*", listener);
  expect([lost, outcome]).toMatchObject([lost, { path, status: "completed", output }]);
  const ran = executed.slice(calls);
  expect([lost, ran.length, new Set(ran).size]).toEqual([lost, toolCalls, toolCalls]);
  expect([lost, outcome.usage.toolCalls]).toEqual([lost, toolCalls]);
  const ended = seen.slice(events).filter(({ type }) => type === "tool.finished");
  expect([lost, ended.length]).toEqual([lost, toolCalls]);
  expectAtRest(open);
  return lost !== undefined;
}

const budget = { tokens: 100_000 };

describe.each(runs)("the run of $agent that loses its host", (run) => {
  it("at any event goes on elsewhere, and makes each tool call once", async () => {
    const swarm = smallSwarm({ threads: 0, budget });
    await using open = await openSupervisor(swarm.options);
    let at = 1;
    while (await loseAt(at, run, open, swarm)) at += 1;
    expect(at).toBeGreaterThan(20);
  });

  it("at every sixth event goes on on another thread", async () => {
    let at = 1;
    for (let lost = true; lost; at += 6) {
      const swarm = smallSwarm({ threads: 2, budget });
      await using open = await openSupervisor(swarm.options);
      lost = await loseAt(at, run, open, swarm);
    }
    expect(at).toBeGreaterThan(20);
  });
});
