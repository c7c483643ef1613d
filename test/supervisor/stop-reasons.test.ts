import { describe, expect, it } from "vitest";
import type { AgentSpec, Json, ModelSpec, Outcome } from "../../src/index.ts";
import {
  type MessagesRequestBody,
  type SaidBlock,
  type SseEvent,
  type StreamReply,
  say,
  startMessagesServer,
  text,
  thinking,
  toolUse,
} from "../fixtures/messages-server.ts";
import { expectAtRest, openSupervisor } from "./open-supervisor.ts";
import { countingTool } from "./scripts.ts";

process.env.ANTHROPIC_API_KEY = "sk-ant-test";

const provider = new URL("../fixtures/supervisor/replies-model.ts", import.meta.url).href;
const replying = (...replies: readonly Json[]): ModelSpec => ({ provider, replies });

/** Runs one agent on a service that gives these replies, with a tool that counts its calls. */
async function runOn(...replies: readonly StreamReply[]) {
  const bodies: MessagesRequestBody[] = [];
  await using server = await startMessagesServer({
    reply: ({ body }, n) => {
      bodies.push(body);
      return replies[n] ?? say("the end");
    },
  });
  const inputs: unknown[] = [];
  const { tool } = countingTool("work", (input) => inputs.push(input));
  await using open = await openSupervisor({ threads: 0, tools: [tool] });
  const model = { provider: "anthropic", model: "claude-a", baseUrl: server.url } as const;
  const outcome = await open.supervisor.run({ model, tools: ["work"] }, { input: "go" });
  expectAtRest(open);
  return { outcome, bodies, inputs, seen: open.seen };
}

async function runModule(model: ModelSpec, more: Partial<AgentSpec> = {}): Promise<Outcome> {
  await using open = await openSupervisor({ threads: 1 });
  const outcome = await open.supervisor.run({ model, ...more }, { input: "go" });
  expectAtRest(open);
  return outcome;
}

const failedFor = (stopReason: string, more: object = {}) => {
  return { status: "failed", error: { code: "MODEL_FAILED", details: { stopReason } }, ...more };
};
const stopped = (said: string | readonly SaidBlock[], stopReason: string) =>
  say(said, { stopReason });

describe("a reply completes its turn", () => {
  it.each(["end_turn", "stop_sequence"])("that stopped for %s", async (stopReason) => {
    const { outcome } = await runOn(stopped("all of it", stopReason));
    expect(outcome).toMatchObject({ status: "completed", output: "all of it" });
    const module = await runModule(replying({ text: "all of it", stopReason }));
    expect(module).toMatchObject({ status: "completed", output: "all of it" });
  });

  it("that is empty, with what was said beside the turn's calls, else with nothing", async () => {
    const calls = [text("It is 5."), toolUse("u1", "work", {})];
    expect((await runOn(say(calls), say([]))).outcome).toMatchObject({ output: "It is 5." });
    expect((await runOn(say([]))).outcome).toMatchObject({ status: "completed", output: "" });
  });
});

describe("a reply fails its turn, its text kept as far as it came", () => {
  const unknown = "flux_capacitor";
  it.each(["refusal", "model_context_window_exceeded", "tool_use", unknown])(
    "that stopped for %s",
    async (stopReason) => {
      const { outcome, bodies } = await runOn(stopped("so far", stopReason));
      expect(outcome).toMatchObject(failedFor(stopReason, { partial: "so far" }));
      expect(bodies).toHaveLength(1);
      const module = await runModule(replying({ text: "so far", stopReason }));
      expect(module).toMatchObject(failedFor(stopReason, { partial: "so far" }));
    },
  );

  it.each<[string, readonly SaidBlock[]]>([
    ["thinking alone", [thinking("hm", "sig")]],
    ["nothing", []],
    ["blank text", [text("\n ")]],
  ])("that was cut by max_tokens with %s", async (_, blocks) => {
    const { outcome, bodies } = await runOn(stopped(blocks, "max_tokens"));
    expect(outcome).toMatchObject(failedFor("max_tokens"));
    expect(outcome).not.toHaveProperty("partial");
    expect(bodies).toHaveLength(1);
  });

  it("that cuts its call off again and again", async () => {
    const half = stopped([toolUse("u1", "work", {}, '{"n": 1')], "max_tokens");
    const { outcome, bodies, inputs } = await runOn(half, half, half, half, half);
    expect(outcome).toMatchObject(failedFor("max_tokens"));
    expect([bodies.length, inputs]).toEqual([4, []]);
  });

  it.each(["refusal", "model_context_window_exceeded"])(
    "whose calls are not made under %s",
    async (stopReason) => {
      const blocks = [text("so far"), toolUse("u1", "work", { n: 1 })];
      const { outcome, inputs } = await runOn(stopped(blocks, stopReason));
      expect(outcome).toMatchObject(failedFor(stopReason, { partial: "so far" }));
      expect(inputs).toEqual([]);
    },
  );
});

describe("a reply goes on", () => {
  it("that paused, in the same conversation, as one answer", async () => {
    const pauses = Array.from({ length: 5 }, (_, n) => stopped(`${n}, `, "pause_turn"));
    const { outcome, bodies } = await runOn(...pauses, say("done"));
    expect(outcome).toMatchObject({ status: "completed", output: "0, 1, 2, 3, 4, done" });
    expect(bodies[1]?.messages).toMatchObject([
      { role: "user" },
      { role: "assistant", content: [{ text: "0, " }] },
      { role: "user", content: [{ text: expect.stringContaining("paused") }] },
    ]);
    expect(bodies[5]?.messages).toHaveLength(11);
  });

  it("that paused before it said a word, until its turns run out", async () => {
    const outcome = await runModule(replying({ stopReason: "pause_turn" }, "done"));
    expect(outcome).toMatchObject({ status: "completed", output: "done" });
    const paused = { text: "a", stopReason: "pause_turn" };
    const limits = { turns: 2 };
    expect(await runModule(replying(paused, paused, paused), { limits })).toMatchObject({
      status: "exhausted",
      unit: "turns",
      partial: "aa",
    });
  });
});

describe("a call is a call", () => {
  it.each(["end_turn", "stop_sequence", "pause_turn", "max_tokens", "flux_capacitor"])(
    "when its reply stopped for %s",
    async (stopReason) => {
      const calls = [toolUse("u1", "work", { n: 1 }), toolUse("u2", "work", {})];
      const { outcome, inputs } = await runOn(stopped([...calls, text("and")], stopReason));
      expect(inputs).toEqual([{ n: 1 }, {}]);
      expect(outcome).toMatchObject({ status: "completed", output: "the end" });
    },
  );

  it("with the input that it was opened with, unless one was streamed", async () => {
    const opened = opening({ a: 1 }, say([toolUse("u1", "work", {})]));
    expect((await runOn(opened)).inputs).toEqual([{ a: 1 }]);
    const streamed = opening({ a: 1 }, say([toolUse("u1", "work", { b: 2 })]));
    expect((await runOn(streamed)).inputs).toEqual([{ b: 2 }]);
  });

  it.each([
    ["text", '"str"', "str"],
    ["an array", "[1]", "[1]"],
    ["null", "null", "null"],
    ["a number", "7", "7"],
    ["no JSON at all", '{"path": "/tmp', "/tmp"],
  ])("whose input is %s is told to its model, once", async (_, json, quoted) => {
    const bad = say([text("I try."), toolUse("u1", "work", {}, json)]);
    const { outcome, bodies, inputs, seen } = await runOn(bad);
    expect(outcome).toMatchObject({ status: "completed", output: "the end" });
    expect([bodies.length, inputs]).toEqual([2, []]);
    expect(seen.map(({ type }) => type)).not.toContain("model.retried");
    const [, said, told] = bodies[1]?.messages ?? [];
    expect(said?.content).toMatchObject([{ type: "text" }, { id: "u1", input: {} }]);
    expect(told?.content).toMatchObject([{ tool_use_id: "u1", is_error: true }]);
    const [result] = resultsIn(told);
    expect(result?.content).toMatch(/^TOOL_INPUT_INVALID: The input of work has to be a JSON/);
    expect(result?.content).toContain(quoted);
  });

  it("of those in one reply, 128 are made and the others answered as errors", async () => {
    const input = (n: number) => toolUse(`u${n}`, "work", { n });
    const { outcome, bodies, inputs } = await runOn(
      say(Array.from({ length: 130 }, (_, n) => input(n))),
    );
    expect(outcome).toMatchObject({ status: "completed", usage: { toolCalls: 128 } });
    expect(inputs).toHaveLength(128);
    const results = resultsIn(bodies[1]?.messages?.[2]);
    expect(results).toHaveLength(130);
    expect(results.slice(0, 128).some(({ is_error }) => is_error)).toBe(false);
    for (const { content, is_error } of results.slice(128)) {
      expect([content, is_error]).toEqual([expect.stringContaining("128 calls"), true]);
    }
  });
});

function resultsIn(message: { readonly content: unknown } | undefined) {
  return (message?.content ?? []) as readonly { content: string; is_error?: boolean }[];
}

/** As some services have it: the input stands in the event that opens the block. */
function opening(input: unknown, reply: StreamReply): StreamReply {
  const events = [...reply.events].map((event): SseEvent => {
    if (event.type !== "content_block_start") return event;
    return { ...event, content_block: { ...(event.content_block as object), input } };
  });
  return { ...reply, events };
}
