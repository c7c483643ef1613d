import { describe, expect, it } from "vitest";
import { type AgentSpec, type Grant, Supervisor } from "../../src/index.ts";
import { call, countingTool, script } from "./scripts.ts";

const tools = ["add", "sub"].map((name) => countingTool(name).tool);
const model = script("done");
const base: AgentSpec = { model, tools: ["add"] };

/** A server that is never there; its tools may come. */
const mcpServers = { fs: { url: "http://127.0.0.1:1/nowhere" } };

async function start(spec: AgentSpec): Promise<string> {
  const agents = { adder: spec, helper: { model } };
  try {
    await using _ = await Supervisor.start({ threads: 0, tools, mcpServers, agents });
    return "started";
  } catch (error) {
    const { code, message } = error as { readonly code: string; readonly message: string };
    return `${code} ${message}`;
  }
}

const notAllowed = (named: string, add: string): string =>
  `OPTIONS_INVALID agent "adder": its grants do not allow ${named}; add ${add}`;

describe("grants that leave an agent without its own rights are refused at the start:", () => {
  it.each<[readonly Grant[], Partial<AgentSpec>, string]>([
    [["model:*"], {}, notAllowed('its own tool "add"', '"tool:add"')],
    [["tool:add"], {}, notAllowed('its own model "scripted"', '"model:scripted"')],
    [
      [],
      {},
      notAllowed('its own model "scripted", its own tool "add"', '"model:scripted", "tool:add"'),
    ],
    [["model:*", "tool:sub"], {}, notAllowed('its own tool "add"', '"tool:add"')],
    [
      ["model:*", { allow: "tool:*", use: false }],
      {},
      notAllowed('its own tool "add"', '"tool:add"'),
    ],
    [["model:*"], { tools: ["a*"] }, notAllowed('its own tool "a*"', '"tool:a*"')],
    [["model:*"], { tools: ["*"] }, notAllowed('its own tool "*"', '"tool:*"')],
    [["model:*"], { tools: ["fs/*"] }, notAllowed('its own tool "fs/*"', '"tool:fs/*"')],
    [
      ["model:*", "tool:*"],
      { agents: ["helper"] },
      notAllowed('its own agent "helper"', '"spawn:helper"'),
    ],
    [
      ["tool:*"],
      { fallback: "anthropic:x", model: "anthropic:y" },
      notAllowed('its own model "anthropic:y"', '"model:anthropic:y"'),
    ],
    [[{ deny: "model:*" }], {}, 'its grants deny "model:scripted", all the models that it has'],
  ])("%j %j", async (grants, more, expected) => {
    expect(await start({ ...base, ...more, grants })).toContain(expected);
  });

  it("of a spec that is given to a spawn as well", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, tools });
    const told = { code: "OPTIONS_INVALID", message: expect.stringContaining('add "tool:add"') };
    const grants = ["model:*"];
    await expect(supervisor.run({ ...base, grants }, { input: "go" })).rejects.toMatchObject(told);
    const named = supervisor.spawn({ ...base, name: "x", grants }, { input: "go" });
    await expect(named).rejects.toThrow(/^agent "x": its grants/);
    expect(supervisor.tree().children).toEqual([]);
  });
});

describe("some right is enough:", () => {
  it.each<[readonly Grant[] | undefined, Partial<AgentSpec>]>([
    [undefined, {}],
    [["model:*", "tool:add"], {}],
    [["*"], {}],
    [["model:*", { allow: "tool:add", ask: true }], {}],
    [["model:*", { allow: "tool:add", uses: 1 }], {}],
    [["model:*", { allow: "tool:add", where: { n: "1" } }], {}],
    [["model:*", "tool:*", { deny: "tool:add", where: { n: "1" } }], {}],
    [["model:*", "tool:add"], { tools: ["*"] }],
    [["*", { deny: "tool:add" }], { tools: ["*"] }],
    [[{ deny: "tool:sub" }], { tools: ["*"] }],
    [[{ deny: "tool:other" }], {}],
    // Said on purpose: of the rights that it would have, these are taken away.
    [[{ deny: "tool:add" }], {}],
    [["*", { deny: "tool:add" }], {}],
    [["model:scripted", "tool:add"], { fallback: "anthropic:x" }],
    [["*", { deny: "model:scripted" }], { fallback: "anthropic:x" }],
    [["model:*", "tool:fs/read_*"], { tools: ["fs/*"] }],
    [["model:*", "tool:fs/read_*"], { tools: ["fs/*_file"] }],
    [["model:*", "tool:fs/read_file"], { tools: ["fs/read_file"] }],
    [["model:*", "tool:fs/*"], { tools: ["fs"] }],
    [["model:*", "tool:add", "spawn:h*"], { agents: ["helper"] }],
    [["model:*"], { tools: [] }],
  ])("%j %j", async (grants, more) => {
    const spec = { ...base, ...more, ...(grants === undefined ? {} : { grants }) };
    expect(await start(spec)).toBe("started");
  });

  it("what is above an agent and the options of its spawn may leave it none", async () => {
    const agents = { adder: { ...base, model: script([call("add")], "done") } };
    const grants = ["model:*", "spawn:*"];
    await using supervisor = await Supervisor.start({ threads: 0, tools, agents, grants });
    const denied: unknown[] = [];
    supervisor.on("tool.denied", ({ code }) => denied.push(code));
    await supervisor.run("adder", { input: "go" });
    await supervisor.run("adder", { input: "go", grants: ["model:*"] });
    expect(denied).toEqual(["CAPABILITY_DENIED", "CAPABILITY_DENIED"]);
  });
});
