import { describe, expect, it } from "vitest";
import { defineTool, Supervisor, type SupervisorOptions } from "../../src/index.ts";
import { call, script, spawn } from "./scripts.ts";

const tool = (name: string) =>
  defineTool({ name, description: "Works.", input: { type: "object" }, execute: () => "done" });
const [readFile, secret] = [tool("read_file"), tool("write_file")];
const model = script("done");
const start = (options: object) =>
  Supervisor.start({ threads: 0, folder: false, ...options } as SupervisorOptions);
const refusal = (options: object) =>
  start(options).then(
    () => "started",
    ({ code, message }) => `${code}: ${message}`,
  );

describe("who mistypes is told what was probably meant", () => {
  it.each([
    ["an option", { treads: 1 }, 'OPTIONS_INVALID: .*"treads"; did you mean "threads"?'],
    ["a limit", { limits: { dept: 1 } }, 'did you mean "depth"?'],
    ["a field of a spec", { agents: { a: { modle: model } } }, 'did you mean "model"?'],
    ["one in another case", { BUDGET: {} }, 'did you mean "budget"?'],
    ["a provider", { agents: { a: { model: { provider: "antropic" } } } }, '"anthropic"?'],
    ["a step", { agents: { a: { model: { ...model, steps: [{ txt: "" }] } } } }, '"text"?'],
    ["a script", { agents: { a: { model: { provider: "scripted", step: [] } } } }, '"steps"?'],
    ["a model", { agents: { a: { model: { provider: "anthropic", modell: "m" } } } }, '"model"?'],
    ["a tool", { agents: { a: { model, tools: ["raed_file"] } } }, 'TOOL_UNKNOWN: .*"read_file"?'],
    ["a template", { agents: { abc: { model, agents: ["abd"] } } }, 'AGENT_UNKNOWN: .*"abc"?'],
  ])("in %s of Supervisor.start", async (_what, options, told) => {
    const said = await refusal({ tools: [readFile], ...options });
    expect(said).toMatch(new RegExp(told.replaceAll("?", "\\?")));
  });

  it("and nobody is told of what is not near", async () => {
    expect(await refusal({ entirely: 1 })).not.toContain("did you mean");
  });

  it("when it runs, of agents, paths and options", async () => {
    await using supervisor = await start({ agents: { lead: { model } } });
    await supervisor.run("lead", { input: "go" });
    const run = (agent: string, options: object) => supervisor.run(agent, options);
    await expect(run("laed", { input: "go" })).rejects.toThrow('did you mean "lead"?');
    await expect(run("lead", { inptu: "go" })).rejects.toThrow('did you mean "input"?');
    await expect(supervisor.cancel("/laed")).rejects.toThrow('did you mean "/lead"?');
    expect(() => supervisor.usage({ pth: "/" } as never)).toThrow('did you mean "path"?');
  });

  it("of events and listeners", async () => {
    await using supervisor = await start({});
    const hear = () => undefined;
    for (const how of ["on", "once", "off"] as const) {
      const wrong = { code: "OPTIONS_INVALID", message: expect.stringMatching(`^${how}: `) };
      const attempt = (type: unknown, listener: unknown) => () =>
        supervisor[how](type as never, listener as never);
      expect(attempt("agent.stoped", hear)).toThrow('did you mean "agent.stopped"?');
      expect(attempt("agent.stoped", hear)).toThrow(expect.objectContaining(wrong));
      expect(attempt("toString", hear)).toThrow(expect.objectContaining(wrong));
      expect(attempt(undefined, hear)).toThrow(expect.objectContaining(wrong));
      expect(attempt("agent.stopped", undefined)).toThrow(expect.objectContaining(wrong));
      expect(attempt("agent.stopped", { handleEvent: hear })).toThrow("must be a function");
      expect(attempt("agent.stopped", hear)()).toBe(supervisor);
      expect(attempt("*", hear)()).toBe(supervisor);
    }
  });

  it.each([
    ["anthropic:claude-sonet-4-5", 'did you mean "claude-sonnet-4-5"?'],
    ["anthropic:mine-two", 'did you mean "mine-too"?'],
    ["anthropic:entirely-else", "Give it a price by `prices` or `priceAs`."],
  ])("of the model %s, when a budget cannot be kept for it", async (misspelt, told) => {
    const prices = { "mine-too": { input: 1, output: 1 } };
    await using supervisor = await start({ prices, agents: { a: { model: misspelt } } });
    const run = supervisor.run("a", { input: "go", budget: { usd: 1 } });
    const message = expect.stringMatching(new RegExp(`${told.replace("?", "\\?")}$`));
    await expect(run).rejects.toMatchObject({ code: "OPTIONS_INVALID", message });
  });

  it("of a model whose price is to hold", async () => {
    const agents = { a: { model: { ...model, priceAs: "anthropic:claude-sonet-4-5" } } };
    expect(await refusal({ agents })).toContain('did you mean "claude-sonnet-4-5"?');
  });

  it("a model of the tools and agents that it has, and of no other", async () => {
    const lead = {
      model: script([call("raed_file"), call("wriet_file"), spawn("helpr")], "done"),
      tools: ["read_file"],
      agents: ["helper"],
    };
    const agents = { lead, helper: { model } };
    await using supervisor = await start({ tools: [readFile, secret], agents });
    const said: string[] = [];
    supervisor.on("tool.denied", ({ message }) => said.push(message));
    supervisor.on("spawn.refused", ({ message }) => said.push(message));
    await supervisor.run("lead", { input: "go" });
    const all = said.join("\n");
    expect(all).toContain('there is no tool "raed_file"; did you mean "read_file"?');
    expect(all).toMatch(/there is no tool "wriet_file"(?!; did you mean)/);
    expect(all).toContain('did you mean "helper"?');
  });
});

describe("usage by a label", () => {
  it.each(["tenant:acme", "tenant", "=acme", ""])("of the form %j is refused", async (label) => {
    await using supervisor = await start({});
    expect(() => supervisor.usage({ label })).toThrow(/OPTIONS_INVALID|"name=value"/);
  });

  it.each(["tenant=", "tenant=a=b", "a b=c"])("of the form %j is taken", async (label) => {
    await using supervisor = await start({});
    expect(supervisor.usage({ label })).toMatchObject({ usd: 0 });
  });
});
