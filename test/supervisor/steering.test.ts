import { describe, expect, it } from "vitest";
import { defineTool, type SupervisorOptions } from "../../src/index.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";
import type { MessagesRequestBody } from "../fixtures/messages-server.ts";
import { say, startMessagesServer, toolUse } from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const scripted = (...steps: object[]): AgentSpec => ({
  model: { provider: "scripted", steps: steps as never },
});
const call = (name: string, input: object) => ({ name, input });

/** A tool that says when it is called, and answers when it is let. */
function gate() {
  const called = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<string>();
  const tool = defineTool({
    name: "gate",
    description: "Waits.",
    input: { type: "object" },
    execute: () => {
      called.resolve();
      return opened.promise;
    },
  });
  return { tool, called: called.promise, open: () => opened.resolve("open") };
}

const lastOf = ({ messages }: MessagesRequestBody): string =>
  JSON.stringify(messages?.at(-1)?.content);

describe("a message to an agent at work", () => {
  it("is read by its next model call, behind the results of the turn", async () => {
    const { tool, called, open: let_ } = gate();
    await using server = await startMessagesServer({
      reply: (_, index) => say(index === 0 ? [toolUse("toolu_1", "gate", {})] : "Turned."),
    });
    const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url };
    const agents = { worker: { model, tools: ["gate"] } };
    await using open = await openSupervisor({ threads: 2, tools: [tool], agents });
    const worker = await open.supervisor.spawn("worker", { input: "Go left." });
    await called;
    expect(worker.tell("Go right instead.")).toBe(true);
    let_();
    expect(await worker.outcome).toMatchObject({ status: "completed", output: "Turned." });
    const content = server.requests[1]!.body.messages!.at(-1)!.content as { type: string }[];
    expect(content.map(({ type }) => type)).toEqual(["tool_result", "text"]);
    expect(lastOf(server.requests[1]!.body)).toContain("Go right instead.");
    expectAtRest(open);
  });
});

describe("asks of a session", () => {
  it("are answered in order, each with the text of the turn that it causes", async () => {
    await using server = await startMessagesServer({
      reply: ({ body }) => say(`You said ${lastOf(body).replace(/[^\w ]/g, "")}`),
    });
    const model = { provider: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url };
    const agents = { host: { model, lifetime: "session" } } as const;
    await using open = await openSupervisor({ threads: 2, agents, limits: { concurrency: 1 } });
    const { supervisor } = open;
    const session = await supervisor.spawn("host", { input: "Hello." });
    const names = ["one", "two", "three", "four"];
    const answers = await Promise.all(names.map((n) => session.ask(n, { timeoutMs: 60_000 })));
    for (const [index, name] of names.entries()) expect(answers[index]).toContain(name);
    expect(server.requests).toHaveLength(5);
    await expect.poll(() => supervisor.stats().atWork).toBe(0);
    // It waits without a slot: another agent finds the only one free.
    const other = await supervisor.spawn("host", { input: "Hello." });
    await other.ask("five", { timeoutMs: 60_000 });
    await supervisor.cancel("/");
    expect(await session.outcome).toMatchObject({ status: "cancelled" });
    await expect(session.ask("six", { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: "AGENT_STOPPED",
    });
    expectAtRest(open);
  });

  it("fail when the agent ends before it has answered", async () => {
    const { tool, called } = gate();
    const busy = { ...scripted({ toolCalls: [call("gate", {})] }), tools: ["gate"] };
    await using open = await openSupervisor({ threads: 1, tools: [tool], agents: { busy } });
    const agent = await open.supervisor.spawn("busy", { input: "Go." });
    await called;
    const answer = agent.ask("Ready?", { timeoutMs: 60_000 });
    const failed = expect(answer).rejects.toMatchObject({ code: "AGENT_STOPPED" });
    await agent.cancel();
    await failed;
    await expect(open.until("letter.dead")).resolves.toMatchObject({ path: "/busy" });
    expectAtRest(open);
  });
});

describe("a lead", () => {
  const child = (name: string, background = true, agent = "helper") =>
    call("spawn_agent", { agent, input: "Help.", name, background });

  async function run(agents: Record<string, AgentSpec>, options: SupervisorOptions = {}) {
    const open = await openSupervisor({ threads: 2, agents, ...options });
    const outcome = await open.supervisor.run("lead", { input: "Go." });
    const status = async (path: string) => (await open.supervisor.find(path)!.outcome).status;
    return { open, outcome, status };
  }

  it("that is a task is woken by each child in the background, and loses no outcome", async () => {
    const steps = [{ toolCalls: [child("a"), child("b"), child("c")] }];
    const waits = Array.from({ length: 4 }, () => ({ text: "Noted." }));
    const lead = { ...scripted(...steps, { text: "Waiting." }, ...waits), agents: ["helper"] };
    const { open, outcome } = await run({ lead, helper: scripted({ text: "Helped." }) });
    await using _ = open;
    expect(outcome).toMatchObject({ status: "completed" });
    const said = JSON.stringify(open.swarm.kernel.find("/lead")!.transcript);
    for (const name of ["a", "b", "c"]) {
      expect(said.split(`[agent ${name} completed] Helped.`)).toHaveLength(2);
    }
    expectAtRest(open);
  });

  it("waits for the children that it names, and for all of them", async () => {
    const lead = {
      ...scripted(
        { toolCalls: [child("a"), child("b"), child("bad", true, "broken")] },
        { toolCalls: [call("wait_agents", { names: ["a", "bad"] })] },
        { toolCalls: [call("wait_agents", {}), call("wait_agents", { names: ["nobody"] })] },
        { text: "Done." },
        { text: "Done again." },
      ),
      agents: ["helper", "broken"],
    };
    const helper = scripted({ text: "Helped.", delayMs: 5 });
    const broken = scripted({ error: "out of order", text: "I was" });
    const { open, outcome } = await run({ lead, helper, broken });
    await using _ = open;
    expect(outcome).toMatchObject({ status: "completed" });
    const said = JSON.stringify(open.swarm.kernel.find("/lead")!.transcript);
    expect(said).toContain("out of order");
    expect(said).toContain("AGENT_UNKNOWN");
    expectAtRest(open);
  });

  it("cancels its descendants, and neither itself, its parent nor a sibling", async () => {
    const endless = scripted({ delayMs: 60_000, text: "late" });
    const cancels = ["middle", "/lead", "other", "/lead/other", "middle/inner", "inner"];
    const middle = {
      ...scripted(
        { toolCalls: [child("inner", true, "endless")] },
        { toolCalls: cancels.map((name) => call("cancel_agent", { name })) },
        { text: "Tried." },
        { text: "Noted." },
      ),
      agents: ["endless"],
    };
    const lead = {
      ...scripted(
        { toolCalls: [child("other", true, "endless"), child("middle", false, "middle")] },
        { toolCalls: [call("cancel_agent", { name: "other", reason: "no need" })] },
        { text: "Done." },
        { text: "Done." },
      ),
      agents: ["endless", "middle"],
    };
    const { open, outcome, status } = await run({ lead, middle, endless });
    await using _ = open;
    expect(outcome).toMatchObject({ status: "completed" });
    expect(await status("/lead/middle")).toBe("completed");
    expect(await status("/lead/middle/inner")).toBe("cancelled");
    expect(await open.supervisor.find("/lead/other")!.outcome).toMatchObject({
      status: "cancelled",
      reason: "no need",
    });
    const results = JSON.stringify(open.swarm.kernel.find("/lead/middle")!.transcript);
    expect(results.split("AGENT_UNKNOWN")).toHaveLength(5);
    expectAtRest(open);
  });

  it("has children that write to each other", async () => {
    const listener = scripted({ text: "Listening.", delayMs: 1 }, { text: "Heard you." });
    const talker = scripted(
      { toolCalls: [call("send_message", { to: "ear", message: "Psst." })] },
      { text: "Said." },
    );
    const lead = {
      ...scripted(
        { toolCalls: [child("ear", true, "listener")] },
        { toolCalls: [child("mouth", false, "talker")] },
        { text: "Done." },
      ),
      agents: ["listener", "talker"],
    };
    const agents = {
      lead,
      listener: { ...listener, lifetime: "session" as const },
      talker: { ...talker, agents: ["listener"] },
    };
    const open = await openSupervisor({ threads: 2, agents });
    await using _ = open;
    const agent = await open.supervisor.spawn("lead", { input: "Go." });
    const ear = () => JSON.stringify(open.swarm.kernel.find("/lead/ear")?.transcript ?? []);
    await expect.poll(ear).toContain("[message from /lead/mouth] Psst.");
    await agent.cancel();
    expectAtRest(open);
  });
});
