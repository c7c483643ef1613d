import { defineTool, Supervisor } from "coppice";
import { call, scripted } from "coppice/testing";
import { describe, expect, it } from "vitest";

const add = { name: "add", input: { a: 1, b: 2 } };

describe("a script", () => {
  it.each([
    ["a text", scripted("Hi"), [{ text: "Hi" }]],
    ["texts", scripted(["one", "two"]), [{ text: "one" }, { text: "two" }]],
    ["a call", scripted([call("add", { a: 1, b: 2 })]), [{ toolCalls: [add] }]],
    [
      "a call without input",
      scripted([call("now")]),
      [{ toolCalls: [{ name: "now", input: {} }] }],
    ],
    [
      "calls at once",
      scripted([[call("add", { a: 1, b: 2 }), call("now")]]),
      [{ toolCalls: [add, { name: "now", input: {} }] }],
    ],
    ["a step written out", scripted([{ text: "x", delayMs: 5 }]), [{ text: "x", delayMs: 5 }]],
    ["nothing", scripted([]), []],
  ])("is made of %s", (_what, model, steps) => {
    expect(model).toEqual({ provider: "scripted", steps });
  });

  it("begins again when it is told to", () => {
    expect(scripted("Hi", { repeat: true })).toMatchObject({ repeat: true });
  });

  it("drives an agent through its tool calls to its answer", async () => {
    const inputs: unknown[] = [];
    const tool = defineTool({
      name: "add",
      description: "Adds.",
      input: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
      execute: (input) => {
        inputs.push(input);
        return (input.a ?? 0) + (input.b ?? 0);
      },
    });
    const model = scripted([[call("add", { a: 1, b: 2 }), call("add", { a: 3, b: 4 })], "Done."]);
    await using supervisor = await Supervisor.start({
      threads: 0,
      tools: [tool],
      agents: { adder: { model, tools: ["add"] } },
    });
    const outcome = await supervisor.run("adder", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "Done." });
    expect(inputs).toEqual([
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ]);
  });
});
