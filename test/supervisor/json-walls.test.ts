import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentSpec, defineTool, Supervisor } from "../../src/index.ts";
import { JSON_BOUND } from "../../src/wire/json-bound.ts";
import { call, script } from "./scripts.ts";

const nested = (levels: number, pair = false): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = pair ? [value, value] : { a: value };
  return value;
};
const numbers = (count: number): unknown => Array.from({ length: count }, () => 1);
const over: Readonly<Record<string, () => unknown>> = {
  levels: () => nested(JSON_BOUND.depth + 1),
  values: () => numbers(JSON_BOUND.values),
  bytes: () => "x".repeat(JSON_BOUND.bytes),
  shared: () => nested(30, true),
  holes: () => new Array(2 ** 32 - 1),
  proto: () => JSON.parse('{"__proto__":1}'),
};
const within: Readonly<Record<string, () => unknown>> = {
  "most-levels": () => nested(JSON_BOUND.depth),
  "most-values": () => numbers(JSON_BOUND.values - 1),
};
const made = { ...over, ...within };
const tools = Object.entries(made).map(([name, execute]) =>
  defineTool({ name, description: "Gives much.", input: { type: "object" }, execute }),
);

describe("a value over the bound", () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    const agents: Record<string, AgentSpec> = {
      session: { model: script("a"), lifetime: "session" },
    };
    for (const name of Object.keys(made)) {
      agents[name] = { model: script([call(name)], "went on"), tools: [name] };
    }
    supervisor = await Supervisor.start({ threads: 1, tools, agents });
  });
  afterAll(() => supervisor.stop());

  it.each(Object.keys(made))("is that call's error as a result: %s", async (name) => {
    const finished = new Promise((resolve) => supervisor.once("tool.finished", resolve));
    const outcome = await supervisor.run(name, { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "went on" });
    expect(await finished).toMatchObject({ tool: name, isError: name in over });
  });

  it.each(Object.entries(over))("is refused when told, asked or spawned: %s", async (_, make) => {
    const ref = await supervisor.spawn("session", { input: "go" });
    const value = make() as never;
    const refusal = expect.objectContaining({ code: "OPTIONS_INVALID" });
    expect(() => ref.tell(value)).toThrow(refusal);
    await expect(ref.ask(value, { timeoutMs: 1_000 })).rejects.toEqual(refusal);
    await expect(supervisor.spawn("session", { input: value })).rejects.toEqual(refusal);
    await ref.cancel();
  });
});
