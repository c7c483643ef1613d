import { expect, it } from "vitest";
import type { AgentSpec, SupervisorOptions } from "../../src/index.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { aWhile, call, countingTool, script, spawn } from "./scripts.ts";

const slowModel = new URL("../fixtures/supervisor/slow-model.ts", import.meta.url).href;
const asksModel = new URL("../fixtures/supervisor/asks-model.ts", import.meta.url).href;
const quick: AgentSpec = { tools: ["work"], model: script([call("work")], "Done.") };
const one = spawn("one", { background: true });
const lead: AgentSpec = {
  agents: ["one"],
  model: script([one, one, one], [call("wait_agents")], "All done."),
};
const begun = new Set(["model.started", "tool.started", "model.retried"]);
const rate = { perSecond: 500, burst: 1 };

interface Way {
  readonly one?: AgentSpec;
  readonly lead?: Partial<AgentSpec>;
  readonly options?: SupervisorOptions;
}

/** What three agents are in each other's way with. */
const ways: Readonly<Record<string, Way>> = {
  "a budget": { one: { model: { provider: slowModel } }, lead: { budget: { tokens: 1_500 } } },
  "a machine's budget": {
    one: { machine: asksModel, model: { provider: slowModel } },
    lead: { budget: { tokens: 1_500 } },
  },
  rates: { options: { rates: { "model:*": rate, "tool:work": rate } } },
  "a person's yes": {
    one: { ...quick, grants: ["model:*", { allow: "tool:work", ask: true }] },
    // Whoever is asked first is answered for all of them.
    options: { approve: () => aWhile().then(() => ({ allow: true, scope: "run" })) },
  },
};

it.each(Object.entries(ways))(
  "whoever is cancelled within another's event begins nothing: %s",
  async (_way, { one: own = quick, lead: more = {}, options = {} }) => {
    const { tool } = countingTool("work");
    const agents = { one: own, lead: { ...lead, ...more } };
    await using open = await openSupervisor({ threads: 0, tools: [tool], agents, ...options });
    for (let at = 1; await cancelOthersAt(at, open); at += 1);
    const calls = (type: string) => open.seen.filter((event) => event.type === type).length;
    expect(calls("model.finished")).toBe(calls("model.started"));
    expectAtRest(open);
  },
);

/** Cancels the two others in the listener of event number `at`; false when there is none. */
async function cancelOthersAt(at: number, { supervisor, swarm }: OpenSupervisor): Promise<boolean> {
  const late: string[] = [];
  /** What had happened by then, told or not. */
  const closed = new Map<string, number>();
  const top = at === 1 ? "/lead" : `/lead-${at}`;
  let count = 0;
  const listener = ({ path, type, seq = 0 }: { path: string; type: string; seq?: number }) => {
    if (begun.has(type) && seq > (closed.get(path) ?? seq)) late.push(`${type} after event ${at}`);
    if (!path.startsWith(`${top}/`)) return;
    count += 1;
    if (count !== at) return;
    for (const other of swarm.kernel.find(top)?.children.values() ?? []) {
      if (other.path === path || other.end !== undefined) continue;
      closed.set(other.path, swarm.log.last);
      void supervisor.cancel(other.path, "enough");
    }
  };
  supervisor.on("*", listener);
  const outcome = await supervisor.run("lead", { input: "go" });
  supervisor.off("*", listener);
  expect([late, outcome.path, outcome.status]).toEqual([[], top, "completed"]);
  return count >= at;
}
