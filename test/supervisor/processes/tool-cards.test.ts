import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type AgentSpec,
  defineTool,
  type Grant,
  type Json,
  type SupervisorOptions,
  type Tool,
} from "../../../src/index.ts";
import {
  type MessagesRequestBody,
  say,
  startMessagesServer,
  toolUse,
} from "../../fixtures/messages-server.ts";
import { fixture } from "../../tools/fixture-toolbox.ts";
import { expectAtRest, openSupervisor } from "../open-supervisor.ts";
import { script } from "../scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const FIT = /^[a-zA-Z0-9_.-]{1,64}$/;
const passesCalls = new URL("../../fixtures/supervisor/passes-calls.ts", import.meta.url).href;

/** A tool that gives back what it was given. */
function echo(name: string, input: never): Tool {
  return defineTool({ name, description: "Gives it back.", input, execute: (given) => given });
}

const find = echo("find", {
  type: "object",
  properties: {
    $filter: { type: "string" },
    "filter[name]": { type: "object", properties: { größe: { type: "number" } } },
    free: { type: "object" },
  },
  required: ["$filter"],
  additionalProperties: false,
} as never);

interface Told {
  readonly bodies: readonly MessagesRequestBody[];
  readonly requested: readonly unknown[];
  readonly finished: readonly unknown[];
  readonly denied: readonly unknown[];
}

/** What happens when a model, on Anthropic's service, makes one call and ends. */
async function modelCalls(
  tool: string,
  said: unknown,
  { spec = {}, ...options }: SupervisorOptions & { readonly spec?: Partial<AgentSpec> },
): Promise<Told> {
  const bodies: MessagesRequestBody[] = [];
  await using server = await startMessagesServer({
    reply: ({ body }, n) => {
      bodies.push(body);
      return n === 0 ? say([toolUse("toolu_1", tool, said)]) : say("Done.");
    },
  });
  const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
  await using open = await openSupervisor({ threads: 0, ...options });
  const outcome = await open.supervisor.run({ model, tools: ["*"], ...spec }, { input: "go" });
  expect(outcome).toMatchObject({ status: "completed", usage: { modelCalls: 2 } });
  expectAtRest(open);
  const of = (type: string) => open.seen.filter((event) => event.type === type);
  return {
    bodies,
    requested: of("tool.requested").map((event) => (event as { input?: Json }).input),
    finished: of("tool.finished").map((event) => (event as { result?: Json }).result),
    denied: of("tool.denied"),
  };
}

/** Expects what the service itself asks of each tool. */
function expectFit(bodies: readonly MessagesRequestBody[]): void {
  const ajv = new Ajv2020({ strict: false });
  for (const { tools = [] } of bodies) {
    for (const { name, input_schema: schema, description } of tools) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(description?.isWellFormed()).toBe(true);
      expect(schema).toMatchObject({ type: "object" });
      for (const word of ["anyOf", "oneOf", "allOf", "$ref"]) {
        expect(schema).not.toHaveProperty([word]);
      }
      const { properties = {} } = schema as { readonly properties?: object };
      for (const key of Object.keys(properties)) expect(key).toMatch(FIT);
      ajv.compile(schema as object);
    }
  }
}

describe("a tool whose keys the service does not take", () => {
  const meant = { $filter: "x", "filter[name]": { größe: 3 }, free: { filter: 1 } };
  const said = { filter: "x", filter_name: { gro_e: 3 }, free: { filter: 1 } };

  it("is called by those that the model was shown, and gets its own", async () => {
    const { bodies, requested, finished } = await modelCalls("find", said, { tools: [find] });
    expect(requested).toEqual([meant]);
    expect(finished).toEqual([meant]);
    expectFit(bodies);
    expect(bodies[0]?.tools?.[0]?.input_schema).toMatchObject({
      properties: { filter: {}, filter_name: { properties: { gro_e: {} } }, free: {} },
      required: ["filter"],
    });
    // The model reads its own words again.
    expect(bodies[1]?.messages?.[1]?.content).toMatchObject([{ type: "tool_use", input: said }]);
  });

  it("is called by its own keys too", async () => {
    const { requested, finished } = await modelCalls("find", meant, { tools: [find] });
    expect([requested, finished]).toEqual([[meant], [meant]]);
  });

  it("has the true value looked at by grants, whatever key it came under", async () => {
    const grants: Grant[] = [
      "model:*",
      { allow: "tool:find", where: { $filter: "cheap*" } },
      { deny: "tool:find", where: { $filter: "cheap secrets" } },
    ];
    const spec = { grants };
    for (const key of ["filter", "$filter"]) {
      const call = async (value: string) =>
        await modelCalls("find", { [key]: value }, { tools: [find], spec });
      expect(await call("cheap")).toMatchObject({ finished: [{ $filter: "cheap" }], denied: [] });
      for (const value of ["dear", "cheap secrets"]) {
        const { finished, denied } = await call(value);
        expect([finished, denied]).toMatchObject([[], [{ code: "CAPABILITY_DENIED" }]]);
      }
    }
  });

  it("shows the person who is asked the true key", async () => {
    const asked: unknown[] = [];
    const { finished } = await modelCalls(
      "find",
      { filter: "x" },
      {
        tools: [find],
        spec: { grants: ["model:*", { allow: "tool:find", ask: true }] },
        approve: ({ input }) => {
          asked.push(input);
          return { allow: true };
        },
      },
    );
    expect([asked, finished]).toEqual([[{ $filter: "x" }], [{ $filter: "x" }]]);
  });

  it("is validated by its true schema", async () => {
    const { bodies, finished } = await modelCalls("find", { filter: 3 }, { tools: [find] });
    expect(finished).toEqual([]);
    expect(JSON.stringify(bodies[1])).toContain("TOOL_INPUT_INVALID");
  });

  it("is called by a scripted model by either key", async () => {
    const calls = [{ filter: "x" }, { $filter: "x" }].map((input) => ({ name: "find", input }));
    await using open = await openSupervisor({ threads: 0, tools: [find] });
    const spec = { model: script(calls, "Done."), tools: ["find"] };
    await open.supervisor.run(spec, { input: "go" });
    const finished = open.seen.filter(({ type }) => type === "tool.finished");
    expect(finished).toMatchObject(calls.map(() => ({ result: { $filter: "x" } })));
  });

  it.each([0, 2])("is called by a machine as its model said, on %i threads", async (threads) => {
    const spec = { machine: passesCalls, tools: ["find"] };
    const { bodies, finished } = await modelCalls("find", said, { threads, tools: [find], spec });
    expect(finished).toEqual([meant]);
    // What the machine says of it to the model is said as the model said it.
    expect(bodies[1]?.messages?.[1]?.content).toMatchObject([{ type: "tool_use", input: said }]);
  });
});

describe("a tool that takes one of several forms", () => {
  const forms = z.union([
    z.object({ kind: z.literal("path"), path: z.string() }),
    z.object({ kind: z.literal("url"), $url: z.string(), depth: z.int().optional() }),
  ]);

  it("is shown as one object, and validates each form", async () => {
    const tools = [echo("open", forms as never)];
    const meant = { kind: "url", $url: "https://example.com" };
    const said = { kind: "url", url: "https://example.com" };
    const { bodies, finished } = await modelCalls("open", said, { tools });
    expect(finished).toEqual([meant]);
    expectFit(bodies);
    expect(bodies[0]?.tools?.[0]?.input_schema).toMatchObject({
      description:
        'Takes one of these forms: { kind: "path", path } or { kind: "url", url, depth? }.',
      properties: { kind: { enum: ["path", "url"] }, path: {}, url: {}, depth: {} },
      required: ["kind"],
    });
  });

  it("refuses a mixture", async () => {
    const tools = [echo("open", forms as never)];
    const { bodies } = await modelCalls("open", { kind: "path", url: "u" }, { tools });
    expect(JSON.stringify(bodies[1])).toContain("TOOL_INPUT_INVALID");
  });
});

describe("an MCP server of odd schemas", () => {
  const mcpServers = { odd: fixture("odd-schemas.ts") };

  it("has all its tools shown as the service takes them, and called as they are", async () => {
    const said = { filter: "x", page_size: 3, free: { filter: 1 } };
    const meant = { $filter: "x", "page[size]": 3, free: { filter: 1 } };
    for (const name of ["find", "union", "untyped", "nullable"]) {
      const { bodies, requested, finished } = await modelCalls(`odd__${name}`, said, {
        mcpServers,
      });
      expectFit(bodies);
      expect(requested).toEqual([meant]);
      expect(JSON.stringify(finished)).toContain("$filter");
      expect(bodies[0]?.tools).toHaveLength(11);
    }
  });

  it("has tools called whose names have no letter that the service takes", async () => {
    const { bodies, finished } = await modelCalls("odd__", {}, { mcpServers });
    const shown = bodies[0]?.tools?.map(({ name }) => name) ?? [];
    expect(shown.filter((name) => /^odd__(_|$)/.test(name))).toEqual([
      "odd__",
      expect.stringMatching(/^odd_____[0-9a-f]{6}$/),
      expect.stringMatching(/^odd_____[0-9a-f]{6}$/),
    ]);
    expect(new Set(shown)).toHaveProperty("size", shown.length);
    expect(JSON.stringify(finished)).toContain('\\"name\\":\\"\\"');
  });
});
