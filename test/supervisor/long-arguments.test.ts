import { describe, expect, it } from "vitest";
import { type AgentSpec, type Grant, Supervisor } from "../../src/index.ts";
import { call, countingTool, script } from "./scripts.ts";

describe("a deny with many patterns", () => {
  it("looks at what a model said once, however long that is", async () => {
    const { tool, count } = countingTool("t");
    const x = Array.from({ length: 3_000 }, (_, n) => `pattern ${n}`);
    const grants: Grant[] = ["tool:*", "model:*", { deny: "tool:t", where: { x } }];
    const said = call("t", { x: "z".repeat(900_000) });
    await using supervisor = await Supervisor.start({ threads: 0, tools: [tool], grants });
    const before = process.cpuUsage().user;
    const agent: AgentSpec = { model: script([said], "done"), tools: ["t"] };
    expect((await supervisor.run(agent, { input: "go" })).status).toBe("completed");
    expect(count.calls).toBe(1);
    // In microseconds of a processor; folding it for each pattern took three times that.
    expect(process.cpuUsage().user - before).toBeLessThan(2_000_000);
  });
});
