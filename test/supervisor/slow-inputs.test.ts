import { describe, expect, it } from "vitest";
import { defineTool, type Json, type JsonSchema } from "../../src/index.ts";
import { LongestPause, MAX_PAUSE_MS } from "./longest-pause.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { call, script } from "./scripts.ts";

const object = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  ...{ type: "object", properties, ...more },
});
const many = <Item>(count: number, item: (n: number) => Item): Item[] =>
  Array.from({ length: count }, (_, n) => item(n));

/** How calls of a tool with this schema end, and for how long they hold the supervisor. */
async function slowCalls(input: JsonSchema, said: readonly Json[], timeoutMs = 20_000) {
  const tool = defineTool({
    ...{ name: "t", description: "A tool.", input, timeoutMs },
    execute: () => "ran",
  });
  await using open = await openSupervisor({ threads: 1, tools: [tool] });
  const ends: string[] = [];
  // What a thread and its modules cost is paid with the first call.
  const steps = [{}, ...said].map((one) => [call("t", one)]);
  const agent = await open.supervisor.spawn(
    { model: script(...steps, "done"), tools: ["t"] },
    { input: "go" },
  );
  await open.until("tool.finished");
  using pause = new LongestPause();
  expect((await agent.outcome).status).toBe("completed");
  const pauseMs = pause.take();
  for (const event of open.seen) {
    if (event.type === "tool.finished") ends.push("ran");
    if (event.type === "tool.denied") ends.push(String(event.code));
  }
  expectAtRest(open);
  return { ends: ends.slice(1), pauseMs };
}

const unfit = "TOOL_INPUT_INVALID";
const doubled = Object.fromEntries(
  many(30, (n): [string, JsonSchema] => {
    const next = { $ref: `#/$defs/d${n + 1}` };
    return [`d${n}`, { allOf: [next, next] }];
  }),
);

describe("an input that takes long to check", () => {
  it.each<[string, JsonSchema, Json, string]>([
    [
      "a pattern of nested repetitions and 28 letters",
      object({ s: { pattern: "^(a+)+$" } }),
      { s: `${"a".repeat(28)}!` },
      unfit,
    ],
    [
      "the same and 100,000 letters",
      object({ s: { pattern: "^(a|a)*$" } }),
      { s: `${"a".repeat(100_000)}!` },
      unfit,
    ],
    [
      "a plain pattern and 900,000 letters",
      object({ s: { pattern: "a+b" } }),
      { s: "a".repeat(900_000) },
      unfit,
    ],
    [
      "16,000 objects that must differ",
      object({ l: { type: "array", uniqueItems: true } }),
      { l: many(16_000, (n) => ({ n, a: { b: n } })) },
      "ran",
    ],
    [
      "100,000 items that do not fit",
      object({ l: { type: "array", items: { type: "number" } } }),
      { l: many(100_000, () => "x") },
      unfit,
    ],
    [
      "7,000 keys and 200 patterns",
      {
        type: "object",
        patternProperties: Object.fromEntries(many(200, (n) => [`^k${n}x`, { type: "number" }])),
      },
      Object.fromEntries(many(7_000, (n) => [`k${n}x`, 1])),
      "ran",
    ],
    [
      "a schema that refers to itself twice, 14 levels deep",
      object({ a: { $ref: "#/$defs/n" } }, {
        $defs: {
          n: {
            anyOf: ["x", "y"].map((key) =>
              object({ a: { $ref: "#/$defs/n" } }, { required: [key] }),
            ),
          },
        },
      } as JsonSchema),
      { a: many(14, (n) => n).reduce<Json>((inside) => ({ a: inside }), {}) },
      unfit,
    ],
    [
      "a text of 500 kB that is a list",
      object({ l: { type: "array" } }),
      { l: JSON.stringify(many(100_000, (n) => n)) },
      "ran",
    ],
  ])("does not hold the supervisor: %s", async (title, input, said, end) => {
    const { ends, pauseMs } = await slowCalls(input, [said]);
    process.stdout.write(`${title}: ${pauseMs.toFixed(0)} ms\n`);
    expect(ends).toEqual([end]);
    expect(pauseMs).toBeLessThan(MAX_PAUSE_MS);
  });

  it.each<[string, JsonSchema, Json]>([
    [
      "a pattern that looks back",
      object({ s: { pattern: "^(a|a)*\\1$" } }),
      { s: `${"a".repeat(28)}!` },
    ],
    [
      "references that double thirty times",
      object({ s: { $ref: "#/$defs/d0" } }, { $defs: { ...doubled, d30: { type: "string" } } }),
      { s: "x" },
    ],
  ])("ends with the time of its tool: %s", async (title, input, said) => {
    const { ends, pauseMs } = await slowCalls(input, [said, {}], 1_500);
    process.stdout.write(`${title}: ${pauseMs.toFixed(0)} ms\n`);
    expect(ends).toEqual(["TOOL_TIMED_OUT", "ran"]);
    expect(pauseMs).toBeLessThan(MAX_PAUSE_MS);
  });

  it("is given up when its agent is cancelled, and its thread with it", async () => {
    const input = object({ s: { pattern: "^(a|a)*\\1$" } });
    const tool = defineTool({ name: "t", description: "A tool.", input, execute: () => "ran" });
    await using open = await openSupervisor({ threads: 0, tools: [tool] });
    const model = script([call("t", { s: `${"a".repeat(40)}!` })], "done");
    const agent = await open.supervisor.spawn({ model, tools: ["t"] }, { input: "go" });
    await open.until("model.finished");
    await agent.cancel("enough");
    expect((await agent.outcome).status).toBe("cancelled");
    expect(open.seen.filter(({ type }) => type === "tool.requested")).toHaveLength(1);
    expectAtRest(open);
  });
});
