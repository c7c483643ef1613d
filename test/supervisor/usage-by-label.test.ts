import { describe, expect, it } from "vitest";
import { addUsage, hasLabel, NO_USAGE, UsageByLabel } from "../../src/engine/usage-by-label.ts";
import { Supervisor } from "../../src/index.ts";
import { script, spawn } from "./scripts.ts";

const usage = { inputTokens: 10, outputTokens: 5 };
const one = { ...NO_USAGE, modelCalls: 1, inputTokens: 10, outputTokens: 5 };
const speaker = { model: { provider: "scripted", steps: [{ text: "said", usage }] } } as const;
const lead = {
  model: {
    provider: "scripted",
    steps: [
      { toolCalls: [spawn("speaker"), spawn("labelled")], usage },
      { text: "led", usage },
    ],
  },
  agents: ["speaker", "labelled"],
} as const;
const labelled = { ...speaker, labels: { tenant: "other", part: "small" } };
const agents = { lead, speaker, labelled };
const times = (count: number) =>
  Array.from({ length: count }).reduce<typeof one>((sum) => addUsage(sum, one), NO_USAGE);

describe("usage by label", () => {
  it("counts what agents below have inherited, and what a spec overrides", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const labels = { tenant: "acme" };
    await supervisor.run("lead", { input: "go", labels });
    await supervisor.run("speaker", { input: "go" });
    // Two calls of the lead and one of the speaker below it; the third child has its own tenant.
    expect(supervisor.usage({ label: "tenant=acme" })).toEqual(times(3));
    expect(supervisor.usage({ label: "tenant=other" })).toEqual(times(1));
    expect(supervisor.usage({ label: "part=small" })).toEqual(times(1));
    expect(supervisor.usage({ label: "tenant=nobody" })).toEqual(NO_USAGE);
    expect(() => supervisor.usage({ label: "tenant" })).toThrow('"name=value"');
    expect(supervisor.usage()).toEqual(times(5));
  });

  it("takes 64 labels, with names of 128 characters and values of 1,024", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents });
    const name = (n: number) => String(n).padStart(128, "n");
    const value = "v".repeat(1_024);
    const labels = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [name(n), value]));
    await supervisor.run("speaker", { input: "go", labels });
    expect(supervisor.usage({ label: `${name(63)}=${value}` })).toEqual(times(1));
    const run = supervisor.run("speaker", { input: "go", labels: { ...labels, one: "more" } });
    await expect(run).rejects.toThrow("spawn: labels: must be at most 64");
  });

  it("counts what is under way together with what has ended, each once", async () => {
    const session = { ...speaker, lifetime: "session", input: "go" } as const;
    await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker, session } });
    const labels = { tenant: "acme" };
    await supervisor.run("speaker", { input: "go", labels });
    const living = await supervisor.spawn("session", { labels });
    await expect.poll(() => supervisor.usage({ path: living.path }).inputTokens).toBe(10);
    expect(supervisor.usage({ label: "tenant=acme" })).toEqual(times(2));
    await living.cancel();
    expect(supervisor.usage({ label: "tenant=acme" })).toEqual(times(2));
  });

  it("outlives the agents themselves, which leave the tree one day", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, keepMb: 1, agents: { speaker } });
    const runs = 501;
    for (let left = runs; left > 0; left -= 100) {
      const batch = Array.from({ length: Math.min(100, left) }, () =>
        supervisor.run("speaker", { input: "go", labels: { tenant: "acme" } }),
      );
      await Promise.all(batch);
    }
    expect(supervisor.tree().children.length).toBeLessThan(runs);
    expect(supervisor.find("/speaker")).toBeUndefined();
    expect(supervisor.usage({ label: "tenant=acme" })).toEqual(times(runs));
  });
});

describe("a label", () => {
  it.each([
    ["tenant=acme", true],
    ["tenant=acme=x", false],
    ["tenant=", false],
    ["=acme", false],
    ["tenant", false],
    ["empty=", true],
    ["sum=a=b", true],
  ])("%s is one of the agent's: %s", (label, has) => {
    expect(hasLabel({ tenant: "acme", empty: "", sum: "a=b" }, label)).toBe(has);
  });

  it("is forgotten only when ten thousand others were used after it", () => {
    const sums = new UsageByLabel();
    for (let at = 0; at < 10_000; at += 1) sums.add({ n: String(at) }, one);
    expect(sums.of("n=0")).toEqual(one);
    sums.add({ n: "0" }, one);
    sums.add({ n: "10000" }, one);
    expect([sums.of("n=0"), sums.of("n=1")]).toEqual([addUsage(one, one), NO_USAGE]);
  });
});

it("a script without figures has used calls only", async () => {
  const quiet = { model: script("said"), labels: { tenant: "acme" } };
  await using supervisor = await Supervisor.start({ threads: 0, agents: { quiet } });
  await supervisor.run("quiet", { input: "go" });
  expect(supervisor.usage({ label: "tenant=acme" })).toEqual({ ...NO_USAGE, modelCalls: 1 });
});

it.each([{ label: 5 }, { lable: "tenant=acme" }, "tenant=acme", null])(
  "refuses to be asked with %j",
  async (filter) => {
    await using supervisor = await Supervisor.start({ threads: 0 });
    expect(() => supervisor.usage(filter as never)).toThrow(/^usage: /);
  },
);
