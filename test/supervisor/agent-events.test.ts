import { describe, expect, it } from "vitest";
import { type AgentRef, Supervisor } from "../../src/index.ts";
import { script } from "./scripts.ts";

async function typesOf(ref: AgentRef): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const { type } of ref.events()) types.push(type);
  return types;
}

describe("the events of one agent", () => {
  it("end with its agent.stopped", async () => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    const ref = await supervisor.spawn({ model: script("Hello!") }, { input: "go" });
    const types = await typesOf(ref);
    expect(types.at(-1)).toBe("agent.stopped");
    expect(types).toContain("model.finished");
  });

  it("are none, and no waiting, once it has ended", async () => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    const ref = await supervisor.spawn({ model: script("Hello!") }, { input: "go" });
    await ref.outcome;
    expect(await typesOf(ref)).toEqual([]);
  });
});
