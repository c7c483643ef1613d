import { describe, expect, it } from "vitest";
import { defineComputeTool, Supervisor } from "../../src/index.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const acts = (rest: object = {}) =>
  defineComputeTool({
    name: "act",
    description: "Does what it is told.",
    input: { type: "object", properties: { act: { type: "string" } }, required: ["act"] },
    module: new URL("../fixtures/tools/acts.ts", import.meta.url).href,
    ...rest,
  });
const agent = (...calls: string[]) => ({
  model: script(...calls.map((act) => [call("act", { act })]), "done"),
  input: "go",
  tools: ["act"],
});

describe("an agent with a compute tool", () => {
  it.each([0, 1])("gets its results, good and bad, with %i threads", async (threads) => {
    const acted = ["add", "leaks", "exits", "add"].map((act) => [call("act", { act })]);
    const lead = {
      ...agent(),
      model: script([call("brief", { act: "loops" })], ...acted, "done"),
      tools: ["act", "brief"],
    };
    await using all = await openSupervisor({
      threads,
      tools: [acts({ memoryMb: 64 }), acts({ name: "brief", timeoutMs: 2_000 })],
      agents: { lead },
    });
    const outcome = await all.supervisor.run("lead");
    expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls: 5 } });
    const results = all.seen.flatMap((event) =>
      event.type === "tool.finished"
        ? [event.isError ? (event.error as { code: string }).code : event.result]
        : [],
    );
    expect(results).toEqual(["TOOL_TIMED_OUT", 5, "OUT_OF_MEMORY", "TOOL_FAILED", 5]);
    expectAtRest(all);
  });

  it("is cancelled at once, with its call in an endless loop, and so are ten at once", async () => {
    await using all = await openSupervisor({
      threads: 1,
      tools: [acts()],
      agents: { lead: agent("reports") },
      graceMs: 60_000,
    });
    const { supervisor } = all;
    const agents = await Promise.all(Array.from({ length: 10 }, () => supervisor.spawn("lead")));
    await all.until("tool.started", () => true, 10);
    const before = performance.now();
    await Promise.all(agents.map(({ path }) => supervisor.cancel(path, "enough")));
    expect(performance.now() - before).toBeLessThan(30_000);
    for (const { outcome } of agents) expect((await outcome).status).toBe("cancelled");
    expectAtRest(all);
  });

  it("is refused to start with a module that is none", async () => {
    const module = new URL("../fixtures/tools/no-default.ts", import.meta.url).href;
    await expect(Supervisor.start({ threads: 0, tools: [acts({ module })] })).rejects.toMatchObject(
      {
        code: "OPTIONS_INVALID",
      },
    );
  });
});
