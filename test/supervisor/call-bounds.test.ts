import { describe, expect, it } from "vitest";
import { defineTool, Supervisor } from "../../src/index.ts";
import { TestProbe } from "../../src/testing/index.ts";
import { say, startMessagesServer, toolUse } from "../fixtures/messages-server.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const fixture = (name: string) => new URL(`../fixtures/supervisor/${name}`, import.meta.url).href;

/** Holds the thread for a third of a millisecond, so that a slice has room for a few. */
const tick = (order: number[] = []) =>
  defineTool({
    name: "tick",
    description: "Ticks",
    input: { type: "object", properties: { n: { type: "number" } } },
    execute: (input) => {
      const until = performance.now() + 0.3;
      while (performance.now() < until);
      return order.push((input as { n: number }).n);
    },
  });

describe("an agent that asks for thousands of things in one step", () => {
  it("is served in order, and holds up nobody else", async () => {
    const order: number[] = [];
    await using supervisor = await Supervisor.start({
      threads: 1,
      tools: [tick(order)],
      agents: {
        flood: { machine: fixture("floods.ts"), tools: ["tick"] },
        other: {
          model: {
            provider: "scripted",
            steps: [{ toolCalls: [{ name: "tick", input: { n: -1 } }] }, { text: "done" }],
          },
          tools: ["tick"],
        },
      },
    });
    const probe = new TestProbe(supervisor);
    await supervisor.run("other", { input: "start its host" });
    const calls = 400;
    const flood = supervisor.run("flood", { input: { calls } });
    await probe.waitFor(({ type, path }) => type === "tool.started" && path === "/flood");
    const other = await supervisor.run("other", { input: "go" });
    expect(other.status).toBe("completed");
    expect(order.filter((n) => n >= 0).length).toBeLessThan(calls);
    expect(await flood).toMatchObject({ status: "completed", output: calls });
    const ticks = order.filter((n) => n >= 0);
    expect(ticks).toEqual(Array.from({ length: calls }, (_, n) => n));
  });

  it("can be cancelled while most of it still waits", async () => {
    const order: number[] = [];
    await using supervisor = await Supervisor.start({
      threads: 1,
      tools: [tick(order)],
      agents: { flood: { machine: fixture("floods.ts"), tools: ["tick"] } },
    });
    const probe = new TestProbe(supervisor);
    const calls = 400;
    const flood = supervisor.run("flood", { input: { calls } });
    await probe.waitFor("tool.started");
    await supervisor.cancel("/flood");
    expect((await flood).status).toBe("cancelled");
    const ran = order.length;
    expect(ran).toBeLessThan(calls);
    await supervisor.stop();
    expect(order.length).toBe(ran);
  });
});

describe("the input of one call", () => {
  // `{"n":1,"text":"..."}` is so much more than its text.
  const framed = (bytes: number) => ({ n: 1, text: "x".repeat(bytes - 17) });

  it("may be 1 MB, and one byte more is refused before anything looks at it", async () => {
    const order: number[] = [];
    const steps = [1_000_000, 1_000_001, 12_000_000].map((bytes) => {
      return { toolCalls: [{ name: "tick", input: framed(bytes) }] };
    });
    await using supervisor = await Supervisor.start({
      threads: 0,
      tools: [tick(order)],
      agents: {
        big: { model: { provider: "scripted", steps: [...steps, { text: "done" }] }, tools: ["*"] },
      },
    });
    const probe = new TestProbe(supervisor);
    const outcome = await supervisor.run("big", { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "done" });
    expect(order).toEqual([1]);
    expect(JSON.stringify(probe.events.slice(4)).length).toBeLessThan(2_100_000);
  });
});

describe("a call that nobody can copy as it is", () => {
  const look = defineTool({ name: "look", description: "Looks", input: {}, execute: () => "ok" });

  it.each([
    ["a number beyond all", '{"a":1e400}', "has the number 1e400"],
    ["a number that would be another", '{"id":2512292042121000001}', "give it as text"],
    ["more levels than are kept", `{"a":${"[".repeat(9_000)}${"]".repeat(9_000)}}`, "200 levels"],
  ])("is that call's error: %s", async (_, json, told) => {
    const said = say([toolUse("u1", "look", {}), toolUse("u2", "look", {}, json)]);
    await using server = await startMessagesServer({
      reply: (_, n) => (n === 0 ? said : say("y")),
    });
    await using supervisor = await Supervisor.start({ threads: 0, tools: [look] });
    const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
    const outcome = await supervisor.run({ model, tools: ["look"] }, { input: "go" });
    expect(outcome).toMatchObject({ status: "completed", output: "y" });
    expect(server.requests.map(({ body }) => body.messages?.at(-1)?.content)).toEqual([
      expect.anything(),
      [
        { type: "tool_result", tool_use_id: "u1", content: "ok" },
        expect.objectContaining({ is_error: true, content: expect.stringContaining(told) }),
      ],
    ]);
  });

  it.each([
    ["callTool", { tool: "look", input: {} }, "allow", { isError: true }],
    ["callTool", { tool: "look", input: {} }, "ask", { isError: true }],
    ["spawnAgent", { agent: "kid", input: "go" }, "ask", { isError: true }],
  ])("by a machine is answered: %s of %o, grants that %s", async (call, input, kind, told) => {
    const ask = kind === "ask";
    const grants = ["tool:look", "spawn:kid", "model:*"].map((allow) => ({ allow, ask }));
    const kid = { model: { provider: "scripted", steps: [{ text: "k" }] } } as const;
    await using supervisor = await Supervisor.start({
      threads: 0,
      tools: [look],
      agents: { kid, one: { machine: fixture("one-call.ts"), tools: ["look"], grants } },
      approve: () => ({ allow: true }),
    });
    const outcome = await supervisor.run("one", { input: { call, input, levels: 250 } });
    expect(outcome).toMatchObject({ status: "completed", output: told });
  });
});
