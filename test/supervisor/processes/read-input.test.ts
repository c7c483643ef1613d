import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool, type Grant, type Json, type JsonSchema } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import type { StandardSchemaV1 } from "../../../src/tools/schema/standard-schema.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";
import { expectAtRest, openSupervisor } from "../open-supervisor.ts";
import { call, script } from "../scripts.ts";

const object = (properties: JsonSchema, more: JsonSchema = {}): JsonSchema => ({
  ...{ type: "object", properties, ...more },
});

interface Wanted {
  readonly input: JsonSchema | StandardSchemaV1;
  readonly said: readonly Json[];
  readonly grants?: readonly Grant[];
  readonly approve?: () => { allow: boolean };
  readonly rates?: Record<string, string>;
}

/** What a tool with this schema was given, and what was told of its calls. */
async function calls({ input, said, grants, ...options }: Wanted) {
  const given: unknown[] = [];
  const execute = (value: unknown) => void given.push(value);
  const tool = defineTool({ name: "t", description: "A tool.", input, execute } as never);
  await using open = await openSupervisor({ threads: 0, tools: [tool], ...options } as never);
  const own = grants === undefined ? {} : { grants: ["model:*", ...grants] };
  const model = script(...said.map((one) => [call("t", one)]), "done");
  const outcome = await open.supervisor.run({ model, tools: ["t"], ...own }, { input: "go" });
  expect(outcome.status).toBe("completed");
  expectAtRest(open);
  const told = open.seen.filter(({ type }) => /^(tool|approval)\./.test(type));
  const usage = open.supervisor.usage();
  return { given, told, requested: told.filter(({ type }) => type === "tool.requested"), usage };
}

describe("what a model meant", () => {
  const input = object(
    {
      list: { type: "array", items: { type: "number" } },
      at: object({ x: { type: "integer" } }, { required: ["x"] }),
      on: { type: "boolean" },
      note: { type: "string" },
      either: { anyOf: [{ type: "number" }, object({ n: { type: "number" } })] },
      may: { anyOf: [{ type: "string" }, { type: "number" }] },
      rest: { type: ["string", "null"] },
    },
    { required: ["list"] },
  );

  it.each<[string, Json, unknown, Json]>([
    ["a list as text", { list: "[1,2]" }, { list: [1, 2] }, [{ path: "/list", as: "array" }]],
    ["an item as text", { list: ["1"] }, { list: [1] }, [{ path: "/list/0", as: "number" }]],
    [
      "texts within a text",
      { list: '["1"]' },
      { list: [1] },
      [
        { path: "/list", as: "array" },
        { path: "/list/0", as: "number" },
      ],
    ],
    [
      "an object as text",
      { list: [], at: '{"x":"3"}' },
      { list: [], at: { x: 3 } },
      [
        { path: "/at", as: "object" },
        { path: "/at/x", as: "number" },
      ],
    ],
    [
      "a boolean as text",
      { list: [], on: "true" },
      { list: [], on: true },
      [{ path: "/on", as: "boolean" }],
    ],
    [
      "null for what may be missing",
      { list: [], note: null },
      { list: [] },
      [{ path: "/note", as: "left out" }],
    ],
    [
      "a branch of a union as text",
      { list: [], either: '{"n":1}' },
      { list: [], either: { n: 1 } },
      [{ path: "/either", as: "object" }],
    ],
  ])("is given to the tool and told: %s", async (_, said, meant, read) => {
    const { given, requested } = await calls({ input, said: [said] });
    expect(given).toEqual([meant]);
    expect(requested).toMatchObject([{ input: said, read }]);
  });

  it.each<[string, Json]>([
    ["a text that may be a text", { list: [], may: "5" }],
    ["a text of digits where a text is wanted", { list: [], note: "5" }],
    ["null where it may be null", { list: [], rest: null }],
    ["what fits", { list: [1], at: { x: 1 }, on: false }],
  ])("is what it said: %s", async (_, said) => {
    const { given, requested } = await calls({ input, said: [said] });
    expect(given).toEqual([said]);
    expect(requested[0]).not.toHaveProperty("read");
  });

  it.each<[string, Json, string]>([
    ["a word for a boolean", { list: [], on: "yes" }, "/on"],
    ["1 for true", { list: [], on: 1 }, "/on"],
    ["an empty text", { list: [], at: { x: "" } }, "/at/x"],
    ["a fraction for a whole number", { list: [], at: { x: "1.5" } }, "/at/x"],
    ["a number that cannot be kept", { list: ["9007199254740993"] }, "/list/0"],
    ["null for what is required", { list: null }, "/list"],
    ["null for an item", { list: [null] }, "/list/0"],
    ["one value for a list", { list: 1 }, "/list"],
    ["another type as text", { list: '{"0":1}' }, "/list"],
    ["a number for a text", { list: [], note: 5 }, "/note"],
    ["half a text of JSON", { list: "[1," }, "/list"],
  ])("is not guessed: %s", async (_, said, path) => {
    const { given, told } = await calls({ input, said: [said] });
    expect(given).toEqual([]);
    expect(told.map(({ type }) => type)).toEqual(["tool.requested", "tool.denied"]);
    expect(told[1]).toMatchObject({
      code: "TOOL_INPUT_INVALID",
      message: expect.stringContaining(path),
    });
  });

  it("charges nothing and asks nobody for what cannot be made to fit", async () => {
    const grants: Grant[] = [{ allow: "tool:t", ask: true, uses: 1 } as Grant];
    const approve = () => ({ allow: true });
    const said = [{ list: 1 }, { list: "[1]" }];
    const { given, told, usage } = await calls({ input, said, grants, approve });
    expect(told.map(({ type }) => type)).toEqual([
      ...["tool.requested", "tool.denied", "tool.requested"],
      ...["approval.requested", "approval.decided", "tool.started", "tool.finished"],
    ]);
    expect(given).toEqual([{ list: [1] }]);
    expect(usage.toolCalls).toBe(1);
  });

  it("reads 64 places and no 65th", async () => {
    const texts = (n: number) => ({ list: Array.from({ length: n }, () => "1") });
    const { given, told } = await calls({ input, said: [texts(64), texts(65)] });
    expect(given).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({ type: "tool.denied", code: "TOOL_INPUT_INVALID" });
  });
});

describe("defaults", () => {
  it("are filled in, also in objects and items, and not by branches of a union", async () => {
    const input = object({
      n: { type: "number", default: 5 },
      at: object({ x: { type: "number", default: 1 } }),
      list: { type: "array", items: object({ y: { type: "number", default: 2 } }) },
      either: {
        anyOf: [object({ a: { default: 1 } }, { required: ["k"] }), object({ b: { default: 2 } })],
      },
    });
    const said = { at: {}, list: [{}], either: {} };
    const { given } = await calls({ input, said: [said, { n: null }] });
    expect(given).toEqual([{ n: 5, at: { x: 1 }, list: [{ y: 2 }], either: {} }, { n: 5 }]);
  });
});

describe("rights on arguments", () => {
  const root = realpathSync(tmpdir());
  const grants: Grant[] = [{ allow: "tool:t", where: { path: `path:${root}/**` } }];

  it.each<[string, JsonSchema | StandardSchemaV1, Json]>([
    ["a default", object({ path: { type: "string", default: "/etc/passwd" } }), {}],
    ["a text that is read", object({ path: { type: "array" } }), { path: '["/etc/passwd"]' }],
    [
      "a transformation",
      z.object({ path: z.string().transform(() => "/etc/passwd") }),
      { path: join(root, "a") },
    ],
    ["a default of a validator", z.object({ path: z.string().default("/etc/passwd") }), {}],
  ])("see what the tool would be given: %s", async (_, input, said) => {
    const { given, told } = await calls({ input, said: [said], grants });
    expect(given).toEqual([]);
    expect(told.at(-1)).toMatchObject({ type: "tool.denied", code: "CAPABILITY_DENIED" });
  });

  it("allow a list that came as text, as the list", async () => {
    const input = object({ path: { type: "array" } });
    const said = { path: JSON.stringify([join(root, "a")]) };
    expect((await calls({ input, said: [said], grants })).given).toEqual([
      { path: [join(root, "a")] },
    ]);
  });

  it("have the tool given the form that was checked", async () => {
    const made = z.object({ path: z.string(), n: z.string().transform(Number) });
    const said = { path: join(root, "x", "..", "a"), n: "7" };
    const { given } = await calls({ input: made, said: [said], grants });
    expect(given).toEqual([{ path: join(root, "a"), n: 7 }]);
  });

  it("that do not exist are said before the input is looked at", async () => {
    const { told } = await calls({
      input: object({ n: {} }),
      said: [{ n: 1 }],
      grants: [{ deny: "tool:t" }],
    });
    const looked = await calls({
      input: object({ n: { type: "number" } }),
      said: [{ n: "one" }],
      grants: [{ deny: "tool:t" }],
    });
    expect(told.at(-1)).toMatchObject({ code: "CAPABILITY_DENIED" });
    expect(looked.told.at(-1)).toMatchObject({ code: "CAPABILITY_DENIED" });
  });

  it("show a person what was read, once, and the tool gets it after the yes", async () => {
    const input = object({ list: { type: "array" } });
    const asking = [{ allow: "tool:t", ask: true } as Grant];
    const approve = () => ({ allow: true });
    const { given, told, requested } = await calls({
      ...{ input, said: [{ list: "[1]" }], grants: asking, approve },
    });
    expect(requested).toHaveLength(1);
    expect(told[1]).toMatchObject({ type: "approval.requested", input: { list: [1] } });
    expect(given).toEqual([{ list: [1] }]);
  });
});

describe("a server's tool", () => {
  it("is sent what was meant, and what cannot be made to fit as it is", async () => {
    const mcpServers = { odd: fixture("odd-schemas.ts") };
    await using open = await openSupervisor({ threads: 0, mcpServers });
    const said: Json[] = [
      { $filter: "a", "page[size]": "5" },
      { $filter: 3 },
      { $filter: "a", "page[size]": null },
    ];
    const model = script(...said.map((one) => [call("odd/find", one)]), "done");
    await open.supervisor.run({ model, tools: ["odd/*"] }, { input: "go" });
    const sent = open.seen.flatMap((event) =>
      event.type === "tool.finished" ? [JSON.parse(String(event.result))] : [],
    );
    expect(sent.map((one) => one.arguments)).toEqual([
      { $filter: "a", "page[size]": 5 },
      { $filter: 3 },
      { $filter: "a" },
    ]);
  });
});

describe("a validator that needs time", () => {
  const never = new Promise<never>(() => undefined);
  const slow = (answer: Promise<unknown>) => {
    // One that fails is heard of when it is asked for, not before.
    answer.catch(() => undefined);
    const standard = { version: 1, vendor: "test", validate: () => answer };
    return defineTool({
      ...{ name: "t", description: "A tool.", inputSchema: { type: "object" }, timeoutMs: 1_000 },
      input: { "~standard": standard } as StandardSchemaV1,
      execute: () => "ran",
    });
  };
  const spec = { model: script([call("t")], "done"), tools: ["t"] };
  const started = (open: { seen: readonly { type: string }[] }): number =>
    open.seen.filter(({ type }) => type === "tool.started").length;
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((next) => setImmediate(next));
  };

  it("has the time of its tool", async () => {
    const clock = new ManualClock();
    await using open = await openSupervisor({ threads: 0, tools: [slow(never)], clock });
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await turns();
    clock.advance(999);
    expect(open.seen.some(({ type }) => type === "tool.denied")).toBe(false);
    clock.advance(1);
    expect(await open.until("tool.denied")).toMatchObject({ code: "TOOL_TIMED_OUT" });
    expect((await agent.outcome).status).toBe("completed");
  });

  it("does not keep its agent from being cancelled, and begins nothing afterwards", async () => {
    const answer = Promise.withResolvers<unknown>();
    await using open = await openSupervisor({ threads: 0, tools: [slow(answer.promise)] });
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await turns();
    await agent.cancel("enough");
    expect((await agent.outcome).status).toBe("cancelled");
    answer.resolve({ value: {} });
    await turns();
    expect(open.seen.filter(({ type }) => type === "tool.requested")).toHaveLength(1);
    expect(started(open)).toBe(0);
    expectAtRest(open);
  });

  it("begins no call of an agent that was paused meanwhile, until it is resumed", async () => {
    const answer = Promise.withResolvers<unknown>();
    await using open = await openSupervisor({ threads: 0, tools: [slow(answer.promise)] });
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await turns();
    await open.supervisor.pause(agent.path);
    answer.resolve({ value: {} });
    await turns();
    expect(started(open)).toBe(0);
    await open.supervisor.resume(agent.path);
    expect((await agent.outcome).status).toBe("completed");
    expect(started(open)).toBe(1);
  });

  it("does not keep its supervisor from stopping", async () => {
    const open = await openSupervisor({ threads: 0, tools: [slow(never)] });
    await open.supervisor.spawn(spec, { input: "go" });
    await turns();
    await open.supervisor.stop();
    expect(started(open)).toBe(0);
  });

  it("fails its call when it throws", async () => {
    await using open = await openSupervisor({
      threads: 0,
      tools: [slow(Promise.reject(new Error("out of ink")))],
    });
    await open.supervisor.run(spec, { input: "go" });
    expect(await open.until("tool.denied")).toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining("out of ink"),
    });
  });
});
