import { describe, expect, it } from "vitest";
import { type AgentSpec, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { script } from "./scripts.ts";

// A schema that goes through it ends the process.
const holes = new Array(2 ** 32 - 1);
const labels = Object.fromEntries(Array.from({ length: 250_001 }, (_, n) => [`l${n}`, "v"]));
const throwing = {
  get tenant(): string {
    throw new Error("no value today");
  },
};
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const where = { x: holes };
const agent: AgentSpec = { model: script("done") };
const inSpec = (more: object): object => ({ agents: { one: { ...agent, ...more } } });

const absurd: Readonly<Record<string, object>> = {
  "a script of holes": inSpec({ model: { provider: "scripted", steps: holes } }),
  "tools of a spec": inSpec({ tools: holes }),
  "a where of a spec": inSpec({ grants: [{ deny: "tool:*", where }] }),
  "labels of a spec": inSpec({ labels }),
  "instructions of a spec": inSpec({ instructions: "x".repeat(16_000_001) }),
  "a field that throws": inSpec({ labels: throwing }),
  "a spec that cannot be read": { agents: { one: revoked } },
  tools: { tools: holes },
  grants: { grants: holes },
  "a where": { grants: [{ allow: "tool:*", where }] },
  "all that cannot be read": revoked,
};

describe("options over the bound, or that cannot be read", () => {
  it.each(Object.entries(absurd))("are refused: %s", async (_, options) => {
    const start = Supervisor.start(options as SupervisorOptions);
    await expect(start).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  it("are refused wherever else they are given, and name their field", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents: { agent } });
    const refusal = expect.objectContaining({ code: "OPTIONS_INVALID" });
    for (const options of [{ tools: holes }, { grants: [{ deny: "tool:*", where }] }, { labels }]) {
      const field = Object.keys(options)[0];
      const run = supervisor.run("agent", { input: "go", ...options });
      await expect(run).rejects.toMatchObject({
        ...{ code: "OPTIONS_INVALID", message: expect.stringContaining(`spawn: ${field}: `) },
      });
    }
    await expect(supervisor.value(revoked as never)).rejects.toEqual(refusal);
    await expect(supervisor.decide(revoked as never)).rejects.toEqual(refusal);
    expect(() => supervisor.usage(revoked)).toThrow(refusal);
  });
});
