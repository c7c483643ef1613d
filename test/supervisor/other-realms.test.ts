import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";
import { ModelRun } from "../../src/agents/model-run.ts";
import { defineTool, Supervisor } from "../../src/index.ts";
import type { Model } from "../../src/models/model.ts";

/** Code of another realm, as a test file of Jest is, whose Error and Promise are none of ours. */
const realm = createContext({ structuredClone });
const far = <Code>(code: string): Code => runInContext(`(${code})`, realm) as Code;

const steps = [{ toolCalls: [{ name: "tool", input: {} }] }, { text: "done" }];
const caller = { tools: ["tool"], model: { provider: "scripted", steps } } as const;
const input = { type: "object" } as const;
const tool = (execute: () => unknown) =>
  defineTool({ name: "tool", description: "Is called.", input, execute });

it("a tool, an input and a result of another realm are taken", async () => {
  const schema = far<typeof input>(`{ type: "object", properties: { a: { type: "array" } } }`);
  const execute = far<() => unknown>(`async () => structuredClone({ list: [{ a: 1 }] })`);
  const made = defineTool({ name: "tool", description: "Is called.", input: schema, execute });
  await using supervisor = await Supervisor.start({ threads: 0, tools: [made] });
  const results: unknown[] = [];
  supervisor.on("tool.finished", (event) => results.push(event));
  const spec = far<typeof caller>(JSON.stringify(caller));
  const outcome = await supervisor.run(spec, { input: far<never>("{ q: [{ z: 2 }] }") });
  expect(outcome).toMatchObject({ status: "completed", output: "done" });
  expect(results).toMatchObject([{ result: { list: [{ a: 1 }] } }]);
});

it("what a tool of another realm throws is told in its own words", async () => {
  const execute = far<() => unknown>("async () => { throw new TypeError('of the tool') }");
  await using supervisor = await Supervisor.start({ threads: 0, tools: [tool(execute)] });
  const told: unknown[] = [];
  supervisor.on("tool.finished", (event) => told.push(event));
  await supervisor.run(caller, { input: "x" });
  expect(told).toMatchObject([{ error: { message: 'Tool "tool" failed: of the tool.' } }]);
});

it("why an approval of another realm failed is told in its own words", async () => {
  const approve = far<() => never>("async () => { throw new RangeError('of approve') }");
  const grants = ["model:*", { allow: "tool:*", ask: true }] as const;
  const tools = [tool(() => "ran")];
  await using supervisor = await Supervisor.start({ threads: 0, tools, grants, approve });
  const told: unknown[] = [];
  supervisor.on("approval.decided", (event) => told.push(event));
  await supervisor.run(caller, { input: "x" });
  expect(told).toMatchObject([{ cause: "callback-failed" }]);
  expect(JSON.stringify(told)).toContain("of approve");
});

it("the reason of an abort of another realm is told in its own words", async () => {
  await using supervisor = await Supervisor.start({ threads: 0 });
  const model = { provider: "scripted", steps: [{ text: "d", delayMs: 60_000 }] } as const;
  const controller = new AbortController();
  supervisor.on("model.started", () => controller.abort(far("new Error('of the abort')")));
  const outcome = await supervisor.run({ model }, { input: "x", signal: controller.signal });
  expect(JSON.stringify(outcome)).toContain("of the abort");
});

const reject = (_: unknown, no: (error: Error) => void) => no(new Error("of the listener"));
// biome-ignore lint/suspicious/noThenProperty: a listener may return one.
const failing = Object.fromEntries([["then", reject]]);

it.each([
  ["of another realm", far<() => never>("async () => { throw new Error('of the listener') }")],
  ["that is no promise's", () => failing],
])("a listener %s that rejects is a warning", async (_, listener) => {
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  await using supervisor = await Supervisor.start({ threads: 0 });
  supervisor.on("agent.spawned", listener);
  await supervisor.run({ model: { provider: "scripted", steps: [{ text: "d" }] } }, { input: "x" });
  expect((await warned).message).toMatch(
    /A listener of agent.spawned threw: Error: of the listener/,
  );
});

it("a reply that is promised in another realm is awaited", async () => {
  const reply = { message: {}, usage: { inputTokens: 1, outputTokens: 1 } };
  const promised = far<(value: unknown) => never>("async (value) => value");
  const model: Model = { call: () => promised(reply) };
  const replies = new Promise((onReply, onFailure) => {
    const quiet = { onText: () => undefined, onRetry: () => undefined, onGrowth: () => undefined };
    new ModelRun({ ...quiet, onReply, onFailure }).start(() => model, {} as never);
  });
  expect(await replies).toEqual(reply);
});
