import { describe, expect, it } from "vitest";
import type { AgentRef, AgentSpec, Json, ModelSpec } from "../../src/index.ts";
import {
  breakOff,
  fail,
  type MessagesRequestBody,
  refusal,
  type ServerReply,
  say,
  startMessagesServer,
  text,
  toolUse,
} from "../fixtures/messages-server.ts";
import { expectAtRest, type OpenSupervisor, openSupervisor } from "./open-supervisor.ts";
import { countingTool } from "./scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const fixture = (name: string): string =>
  new URL(`../fixtures/supervisor/${name}.ts`, import.meta.url).href;
type Output = { readonly output?: unknown };
const soon = { timeoutMs: 60_000 };
const replying = (...replies: readonly Json[]): ModelSpec => {
  return { provider: fixture("replies-model"), replies };
};
const bad = (message = "messages: too odd") => fail(400, "invalid_request_error", message);

/** A session that has answered its input, on a service that gives these replies then. */
async function withSession(replies: readonly ServerReply[], more: Partial<AgentSpec> = {}) {
  const bodies: MessagesRequestBody[] = [];
  const server = await startMessagesServer({
    reply: ({ body }, n) => {
      bodies.push(body);
      return n === 0 ? say("Ready.") : (replies[n - 1] ?? say("yes"));
    },
  });
  const { tool } = countingTool("work");
  const open = await openSupervisor({ threads: 1, tools: [tool] });
  const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
  const spec: AgentSpec = { name: "s", model, tools: ["work"], lifetime: "session", ...more };
  const agent = await open.supervisor.spawn(spec, { input: "go" });
  await restAgain(open, agent);
  const end = async () => {
    await agent.cancel();
    expectAtRest(open);
    await open[Symbol.asyncDispose]();
    await server.close();
  };
  return { open, agent, bodies, [Symbol.asyncDispose]: end };
}

async function restAgain({ swarm }: OpenSupervisor, { path }: AgentRef): Promise<void> {
  const idle = () => swarm.kernel.find(path)?.idle;
  await expect.poll(idle).toBeDefined();
}

const said = (body: MessagesRequestBody | undefined) =>
  body?.messages?.map(({ role, content }) => {
    const [first] = typeof content === "string" ? [{ text: content }] : content;
    return `${role}: ${first?.text ?? "…"}`;
  });

describe("a session outlives a turn", () => {
  it.each<[string, ServerReply, object]>([
    ["400", bad(), { status: 400 }],
    ["413", fail(413, "request_too_large", "too large"), { status: 413 }],
    ["422", fail(422, "invalid_request_error", "no"), { status: 422 }],
    ["a refusal", refusal("I will not."), { stopReason: "refusal" }],
    [
      "an answer without room",
      say("so", { stopReason: "model_context_window_exceeded" }),
      { stopReason: "model_context_window_exceeded" },
    ],
    ["an unknown reason", say("so", { stopReason: "flux" }), { stopReason: "flux" }],
    ["thinking alone", say([], { stopReason: "max_tokens" }), { stopReason: "max_tokens" }],
  ])("that failed by %s, and leaves it out of what is sent next", async (_, reply, details) => {
    await using session = await withSession([reply]);
    const { open, agent, bodies } = session;
    const asked = agent.ask("what?", soon);
    await expect(asked).rejects.toMatchObject({ code: "MODEL_FAILED", details });
    expect(await agent.ask("and now?", soon)).toBe("yes");
    expect(said(bodies.at(-1))).toEqual(["user: go", "assistant: Ready.", "user: and now?"]);
    const told = open.seen.filter(({ type }) => type === "turn.failed");
    const { stopReason } = details as { stopReason?: string };
    expect(told).toMatchObject([{ path: "/s", code: "MODEL_FAILED" }]);
    expect(told[0]?.stopReason).toBe(stopReason);
    expect(told[0]?.message).toEqual(expect.any(String));
  });

  it("that had made calls before it failed, all of it", async () => {
    const calls = say([text("I look."), toolUse("u1", "work", {})]);
    await using session = await withSession([calls, bad("tool_result is bad")]);
    const { agent, bodies } = session;
    await expect(agent.ask("look", soon)).rejects.toMatchObject({ code: "MODEL_FAILED" });
    expect(await agent.ask("and now?", soon)).toBe("yes");
    expect(said(bodies.at(-1))).toEqual(["user: go", "assistant: Ready.", "user: and now?"]);
  });

  it("that was cut too often, which is no answer", async () => {
    const cut = say("so ", { stopReason: "max_tokens" });
    await using session = await withSession([cut, cut, cut, cut]);
    const { agent, bodies } = session;
    const error = { code: "MODEL_FAILED", details: { stopReason: "max_tokens" } };
    await expect(agent.ask("tell all", soon)).rejects.toMatchObject(error);
    expect(await agent.ask("and now?", soon)).toBe("yes");
    expect(bodies).toHaveLength(6);
    expect(bodies[5]?.messages).toHaveLength(3);
  });

  it("that was its first, and whose message was told and not asked", async () => {
    const model = replying({ text: "No.", stopReason: "refusal" }, { text: "fine" });
    await using open = await openSupervisor({ threads: 1 });
    const spec: AgentSpec = { model, lifetime: "session" };
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await open.until("turn.failed");
    expect(await agent.ask("and now?", soon)).toBe("fine");
    await agent.cancel();
    // What it last said in a turn that counts.
    expect(await agent.outcome).toMatchObject({ status: "cancelled", partial: "fine" });
    expectAtRest(open);
  });

  it("after which other messages wait, and are each answered in a turn of their own", async () => {
    await using session = await withSession([bad(), bad(), say("third"), refusal(), say("fifth")]);
    const asked = ["1", "2", "3", "4", "5"].map((text) => session.agent.ask(text, soon));
    const answers = await Promise.allSettled(asked);
    expect(answers.map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([
      "failed",
      "failed",
      "third",
      "failed",
      "fifth",
    ]);
    expect(said(session.bodies.at(-1))).toEqual([
      "user: go",
      "assistant: Ready.",
      "user: 3",
      "assistant: third",
      "user: 5",
    ]);
  });

  it("and what it was told while that was asked for once more", async () => {
    const cut = breakOff(say("a part of it"), 4, "overloaded_error");
    await using session = await withSession([cut, bad()]);
    const { open, agent, bodies } = session;
    const asked = agent.ask("odd", soon);
    await open.until("model.retried");
    agent.tell("hurry");
    await expect(asked).rejects.toMatchObject({ code: "MODEL_FAILED" });
    expect(said(bodies[2])?.slice(2)).toEqual(["user: odd", "user: hurry"]);
    expect(await agent.ask("and now?", soon)).toBe("yes");
    expect(said(bodies[3])).toEqual(["user: go", "assistant: Ready.", "user: and now?"]);
  });

  it("that no fallback could save, whichever of them refused it", async () => {
    const refused: Json = { throws: { status: 400 } };
    const spec: AgentSpec = {
      model: replying("Ready.", refused, refused, "again"),
      fallback: replying("never", refused, "the second"),
      lifetime: "session",
    };
    await using open = await openSupervisor({ threads: 1 });
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await restAgain(open, agent);
    const details = { status: 400 };
    await expect(agent.ask("1", soon)).rejects.toMatchObject({ code: "MODEL_FAILED", details });
    expect(await agent.ask("2", soon)).toBe("the second");
    expect(await agent.ask("3", soon)).toBe("again");
    await agent.cancel();
    expectAtRest(open);
  });

  it("that no fallback may answer, and that counts all the same", async () => {
    const refused: Json = { throws: { status: 400 } };
    const scripted: ModelSpec = { provider: "scripted", steps: [{ text: "never" }] };
    const spec: AgentSpec = {
      model: replying("Ready.", refused, "fine"),
      fallback: scripted,
      grants: [`model:${fixture("replies-model")}`],
      lifetime: "session",
    };
    await using open = await openSupervisor({ threads: 1 });
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    await restAgain(open, agent);
    const error = { code: "MODEL_FAILED", details: { status: 400 } };
    await expect(agent.ask("1", soon)).rejects.toMatchObject(error);
    expect(await agent.ask("2", soon)).toBe("fine");
    await agent.cancel();
    expectAtRest(open);
  });
});

it("an agent that asks a session reads why its turn failed as the call's result", async () => {
  const model = replying("Ready.", { text: "No.", stopReason: "refusal" }, "fine");
  const agents: Record<string, AgentSpec> = {
    s: { model, lifetime: "session" },
    asker: { machine: fixture("asks-agent") },
  };
  await using open = await openSupervisor({ threads: 1, agents });
  const agent = await open.supervisor.spawn("s", { input: "go" });
  await restAgain(open, agent);
  const input = { to: "s", message: "what?", timeoutMs: 60_000 };
  const asked = async () => ((await open.supervisor.run("asker", { input })) as Output).output;
  const error = { code: "MODEL_FAILED", details: { stopReason: "refusal" } };
  expect(await asked()).toMatchObject({ isError: true, error });
  expect(await asked()).toEqual({ isError: false, value: "fine" });
  await agent.cancel();
  expectAtRest(open);
});

describe("a session ends", () => {
  it.each<[string, ServerReply]>([
    ["401", fail(401, "authentication_error", "invalid x-api-key")],
    ["403", fail(403, "permission_error", "not yours")],
    ["404", fail(404, "not_found_error", "no such model")],
  ])("when its model may not be asked: %s", async (_, reply) => {
    await using session = await withSession([reply]);
    await expect(session.agent.ask("what?", soon)).rejects.toMatchObject({
      code: "AGENT_STOPPED",
    });
    const error = { code: "MODEL_FAILED" };
    expect(await session.agent.outcome).toMatchObject({ status: "failed", error });
  });

  it("when its script runs out", async () => {
    const model: ModelSpec = { provider: "scripted", steps: [{ text: "Ready." }] };
    await using open = await openSupervisor({ threads: 0 });
    const agent = await open.supervisor.spawn({ model, lifetime: "session" }, { input: "go" });
    await restAgain(open, agent);
    agent.tell("more");
    const error = { code: "SCRIPT_EXHAUSTED" };
    expect(await agent.outcome).toMatchObject({ status: "failed", error });
  });
});

it("a task fails by such a turn, with what it had said", async () => {
  const spec: AgentSpec = { model: replying({ text: "No.", stopReason: "refusal" }) };
  await using open = await openSupervisor({ threads: 1 });
  const outcome = await open.supervisor.run(spec, { input: "go" });
  expect(outcome).toMatchObject({ status: "failed", partial: "No." });
  expect(open.seen.map(({ type }) => type)).not.toContain("turn.failed");
});

it("a failed turn is told once, and left out, when its host is lost at any event", async () => {
  let at = 0;
  for (let isLost = true; isLost; ) {
    at += 1;
    isLost = false;
    const model = replying({ text: "No.", stopReason: "refusal" }, "one", {
      throws: { status: 400 },
    });
    await using open = await openSupervisor({ threads: 0 });
    let happened = 0;
    open.supervisor.on("*", ({ path }) => {
      if (path !== "/s") return;
      happened += 1;
      if (happened !== at) return;
      isLost = true;
      open.loseHostOf("/s");
    });
    const spec: AgentSpec = { name: "s", model, lifetime: "session" };
    const agent = await open.supervisor.spawn(spec, { input: "go" });
    const asked = ["1", "2", "3"].map((text) => agent.ask(text, soon));
    const answers = await Promise.allSettled(asked);
    expect([at, answers.map(({ status }) => status)]).toEqual([
      at,
      ["fulfilled", "rejected", "fulfilled"],
    ]);
    const told = open.seen.filter(({ type }) => type === "turn.failed");
    expect([at, told.map(({ code }) => code)]).toEqual([at, ["MODEL_FAILED", "MODEL_FAILED"]]);
    await agent.cancel();
    expectAtRest(open);
  }
  expect(at).toBeGreaterThan(15);
});
