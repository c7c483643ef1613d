import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentSpec, defineComputeTool, defineTool, Supervisor } from "../../../src/index.ts";
import { oddValues } from "../../fixtures/containment/odd-values.ts";
import { script } from "../scripts.ts";

const fixture = (name: string): string =>
  new URL(`../../fixtures/containment/${name}.ts`, import.meta.url).href;
const machine = fixture("thrower");
const values = Object.keys(oddValues);
const odd = (what: string): unknown => oddValues[what]?.();

const input = { type: "object" } as const;
const aside = defineComputeTool({
  name: "aside",
  description: "Throws on a thread.",
  input,
  module: fixture("throwing-tool"),
});
const own = defineTool({
  name: "own",
  description: "Throws here.",
  input,
  execute: ({ what }: { what: string }) => {
    throw odd(what);
  },
});

const caller = (tool: string, how: string, what: string): AgentSpec => ({
  model: {
    provider: "scripted",
    steps: [{ toolCalls: [{ name: tool, input: { how, what } }] }, { text: "told" }],
  },
  tools: [tool],
});

/** Where it is thrown, and how the agent ends then. */
const router: readonly [string, (what: string) => AgentSpec, string][] = [
  ["in a step of a machine", () => ({ machine }), "action failed"],
  ["by a promise of a machine", () => ({ machine }), "later failed"],
  ["in a timer, alone on a thread", () => ({ machine, isolation: "thread" }), "timer killed"],
  ["unheard, alone on a thread", () => ({ machine, isolation: "thread" }), "rejection killed"],
  ["by a tool", (what) => caller("own", "now", what), "now completed"],
  ["by a compute tool", (what) => caller("aside", "now", what), "now completed"],
  ["in a timer of a compute tool", (what) => caller("aside", "timer", what), "timer completed"],
  [
    "unheard in a compute tool",
    (what) => caller("aside", "rejection", what),
    "rejection completed",
  ],
  [
    "by a model",
    (what) => ({ model: { provider: fixture("throwing-model"), what } }),
    "now failed",
  ],
];
const fewer = ["text", "null", "a proxy"];

describe("a thrown value that is no error", () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    const neighbour: AgentSpec = { model: script("well") };
    const agents = { neighbour, shared: { machine } };
    supervisor = await Supervisor.start({ threads: 1, tools: [aside, own], agents });
  });
  afterAll(() => supervisor.stop());

  it.each(router)("%s costs who threw it, whatever it is", async (_, specOf, ending) => {
    const [how, status] = ending.split(" ");
    // A thread for each of them takes its time.
    const thrown = ending.endsWith("killed") ? fewer : values;
    const runs = thrown.map((what) =>
      supervisor.run(specOf(what), { input: { how, what } as never }),
    );
    const outcomes = await Promise.all(runs);
    expect(outcomes.map((outcome, n) => `${thrown[n]}: ${outcome.status}`)).toEqual(
      thrown.map((what) => `${what}: ${status}`),
    );
    for (const outcome of outcomes) expect(() => JSON.stringify(outcome)).not.toThrow();
    expect(await supervisor.run("neighbour", { input: "?" })).toMatchObject({ output: "well" });
  });

  it.each(["timer", "rejection"])("by a %s on a shared thread costs who threw it", async (how) => {
    for (const what of fewer) {
      const outcome = await supervisor.run("shared", { input: { how, what } });
      expect(outcome.status).toBe("killed");
    }
  });

  it("in a process costs that process", async () => {
    const spec: AgentSpec = { machine, isolation: "process" };
    const runs = fewer.map((what) => supervisor.run(spec, { input: { how: "timer", what } }));
    const outcomes = await Promise.all(runs);
    expect(outcomes.map(({ status }) => status)).toEqual(fewer.map(() => "killed"));
    expect(outcomes[0]).toMatchObject({ reason: expect.stringMatching(/code 1: .*a text/) });
  });
});
