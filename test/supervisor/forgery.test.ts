import { describe, expect, it } from "vitest";
import { defineTool } from "../../src/index.ts";
import { isFromHost } from "../../src/wire/frame-check.ts";
import { forgeries } from "../fixtures/supervisor/forgeries.ts";
import { spelt } from "../fixtures/supervisor/spelt.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { errandOutput, smallSwarm } from "./small-swarm.ts";

const slow = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

/** Of the right form, and a lie: only who knows the agents can tell. */
const lies = [
  "speaks for an agent of another host",
  "speaks for an agent that never was",
  "speaks for another incarnation",
  "speaks of another agent's call",
  "settles another agent's call",
  "covers deliveries that never were",
  "changes a state that is not there",
];

it.each(Object.keys(forgeries))("the form of user code that %s is looked at", (name) => {
  expect(isFromHost(spelt(forgeries[name]))).toBe(lies.includes(name));
});

const told = [...lies, "sends text", "fails without an error", "completes with a circle"];
told.push("waits for numbers", "used more tokens than there are");

describe("user code that", () => {
  it.each(told)("%s is not believed and loses its host", async (name) => {
    const swarm = smallSwarm({ threads: 1, budget: { tokens: 1_000_000, toolCalls: 100 } });
    const gate = slow();
    let worked = 0;
    const work = defineTool({
      name: "work",
      description: "Works.",
      input: { type: "object" },
      execute: async () => {
        worked += 1;
        await gate.opened;
        return "worked";
      },
    });
    const forger = {
      machine: new URL("../fixtures/supervisor/forger.ts", import.meta.url).href,
      model: { provider: "scripted", steps: [] },
      tools: ["work"],
      agents: ["helper"],
    };
    const agents = { ...swarm.options.agents, forger };
    await using open = await openSupervisor({ ...swarm.options, tools: [work], agents });
    const { supervisor } = open;
    const lead = await supervisor.spawn("lead", { input: "Go." });
    const errand = await supervisor.spawn("errand");
    const liar = await supervisor.spawn("forger");
    await open.until("tool.started", undefined, 3);
    const { host } = open.swarm.kernel.find("/forger")!;
    expect(open.swarm.kernel.find("/errand")!.host).toBe(host);
    expect(open.swarm.kernel.find("/lead")!.host).not.toBe(host);
    liar.tell({ type: "forge", message: forgeries[name]! });
    expect(await open.until("host.lost")).toMatchObject({ host });
    gate.open();
    expect(await lead.outcome).toMatchObject({ status: "completed", output: "All done." });
    expect(await errand.outcome).toMatchObject({ status: "completed", output: errandOutput });
    expect(worked).toBe(8);
    expect(open.seen.filter(({ type }) => type === "host.lost")).toHaveLength(1);
    expect(supervisor.usage().toolCalls).toBe(8);
    await liar.cancel();
    expectAtRest(open);
  });
});

it("user code that sets every cancel flag it can cancels nobody on a library host", async () => {
  const { options } = smallSwarm({ threads: 1 });
  const thief = {
    model: { provider: new URL("../fixtures/supervisor/words-thief.ts", import.meta.url).href },
  };
  const agents = { ...options.agents, thief };
  await using open = await openSupervisor({ ...options, agents });
  await open.supervisor.run("thief", { input: "Steal.", timeoutMs: 1_000 });
  const outcome = await open.supervisor.run("lead", { input: "Go.", timeoutMs: 60_000 });
  expect(outcome).toMatchObject({ status: "completed", output: "All done." });
});
