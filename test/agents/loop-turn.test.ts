import { expect, it } from "vitest";
import type { Json } from "../../src/wire/json.ts";
import { driveHost, loopTemplate, permit, result } from "./driven-host.ts";

const noTokens = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
const add = (a: number) => ({ name: "add", input: { a } });
const text = (said: string) => ({ type: "text" as const, text: said });

it("runs a turn with a tool in three frames", () => {
  const host = driveHost();
  const template = loopTemplate([{ text: "hm", toolCalls: [add(1)] }, { text: "2" }]);
  const [placed] = host.place(template);
  expect(placed).toEqual({
    path: "/a",
    incarnation: 1,
    upTo: 0,
    commands: [{ type: "model", callId: "/a#1.1", after: "now", inputTokens: expect.any(Number) }],
    busy: false,
    value: "asking",
    state: {
      value: "asking",
      context: {
        prefix: "/a#1",
        count: 1,
        model: "/a#1.1",
        calls: [],
        results: [],
        inbox: [],
        asks: [],
      },
    },
    append: [{ role: "user", content: "go" }],
  });
  const [called] = host.tell(permit(1, 0));
  expect(called).toMatchObject({
    upTo: 1,
    value: "acting",
    commands: [
      { type: "output", callId: "/a#1.1", text: "hm" },
      { type: "model.done", callId: "/a#1.1", usage: noTokens, stopReason: "tool_use" },
      { type: "tool", callId: "/a#1.2", tool: "add", input: { a: 1 } },
      { type: "model", callId: "/a#1.3", after: "results" },
    ],
    append: [{ role: "assistant", content: [text("hm"), { type: "tool_use", name: "add" }] }],
  });
  const [ended] = host.tell(result(2, 2), permit(3, 1));
  expect(ended).toMatchObject({
    upTo: 3,
    value: "waiting",
    commands: [
      { type: "output", callId: "/a#1.3", text: "2" },
      { type: "model.done", callId: "/a#1.3", usage: noTokens, stopReason: "end_turn" },
      { type: "turn-end", output: "2" },
    ],
    append: [
      { role: "user", content: [{ type: "tool_result", content: "2" }] },
      { role: "assistant", content: [text("2")] },
    ],
  });
  expect(host.flushes).toEqual([]);
});

it("gives results back in call order, whatever order they come in", () => {
  const host = driveHost();
  host.place(loopTemplate([{ toolCalls: [add(1), add(2), add(3)] }, { text: "ok" }]));
  host.tell(permit(1, 0));
  expect(host.tell(result(4, "third"))[0]?.append).toBeUndefined();
  expect(host.tell(result(2, "first"))[0]?.append).toBeUndefined();
  host.tell(result(2, "again"));
  const [frame] = host.tell(result(3, { second: true }), permit(5, 1));
  const contents = ["first", '{"second":true}', "third"].map((content) => ({ content }));
  expect(frame?.append?.[0]).toMatchObject({ role: "user", content: contents });
});

it("shows a model the tools by its names and calls them by ours", () => {
  const host = driveHost();
  host.place(
    loopTemplate([
      {
        toolCalls: [
          { name: "fs__read", input: {} },
          { name: "nope", input: { n: 1 } },
        ],
      },
    ]),
  );
  const [frame] = host.tell(permit(1, 0));
  expect(frame?.commands).toMatchObject([
    {},
    { tool: "fs/read" },
    { tool: "nope", input: { n: 1 } },
    {},
  ]);
});

it("shows an error with its code and partial output, and blocks as blocks", () => {
  const host = driveHost();
  host.place(loopTemplate([{ toolCalls: [add(1), add(2)] }, { text: "ok" }]));
  host.tell(permit(1, 0));
  const error = { code: "TOOL_FAILED", message: "No.", details: {} } as const;
  const failed = { isError: true, error, partial: "half" } as const;
  const [frame] = host.tell(
    { type: "result", callId: "/a#1.2", result: failed },
    result(3, [text("a block")]),
    permit(4, 1),
  );
  expect(frame?.append?.[0]?.content).toMatchObject([
    { content: "TOOL_FAILED: No.\nPartial output: half", is_error: true },
    { content: [text("a block")] },
  ]);
});

it("puts what is said meanwhile behind the results, in one user message", () => {
  const host = driveHost();
  host.place(loopTemplate([{ toolCalls: [add(1)] }, { text: "ok" }]));
  host.tell(permit(1, 0));
  const [frame] = host.tell(
    result(2, 1),
    { type: "message", from: "/lead", message: "hurry" },
    { type: "child", path: "/a/r", name: "r", outcome: { status: "completed", output: "fine" } },
    permit(3, 1),
  );
  expect(frame?.append?.[0]?.content).toMatchObject([
    { type: "tool_result", content: "1" },
    text("[message from /lead] hurry"),
    text("[agent r completed] fine"),
  ]);
});

it("shows the blocks that a child in the background gave, as far as they can be", () => {
  const host = driveHost();
  host.place(loopTemplate([{ text: "ok" }]));
  const source = { type: "base64", media_type: "image/png", data: "A".repeat(6_000_000) };
  const output = [text("look"), { type: "image", source }] as unknown as Json;
  const child = { type: "child", path: "/a/r", name: "r" } as const;
  const outcome = { status: "completed", output };
  const [frame] = host.tell(permit(1, 0), { ...child, outcome }, permit(2, 1));
  expect(frame?.append?.at(-1)?.content).toEqual([
    text("[agent r completed]"),
    text("look"),
    text("[image of 5.8 MB left out: the limit is 5 MB]"),
  ]);
});

it("begins a new turn with a message, and answers every ask of a turn at its end", () => {
  const host = driveHost();
  host.place(loopTemplate([{ text: "one" }, { text: "two" }]));
  host.tell(permit(1, 0));
  const [woken] = host.tell({
    type: "message",
    from: "user",
    message: { text: "and?" },
    askId: "q1",
  });
  expect(woken).toMatchObject({
    value: "asking",
    commands: [{ type: "model", callId: "/a#1.2", after: "now" }],
  });
  const [ended] = host.tell(
    { type: "message", from: "user", message: [7], askId: "q2" },
    permit(2, 1),
  );
  expect(ended?.append?.[0]).toEqual({ role: "user", content: [text("and?"), text("[7]")] });
  expect(ended?.commands.slice(2)).toEqual([
    { type: "reply", askId: "q1", value: "two" },
    { type: "reply", askId: "q2", value: "two" },
    { type: "turn-end", output: "two" },
  ]);
});

it("turns the built-in calls into requests, and answers a malformed one itself", () => {
  const host = driveHost();
  const agents = [{ name: "reviewer", description: "Reviews." }];
  const calls = [
    { name: "spawn_agent", input: { agent: "reviewer", input: "x", name: "r", background: true } },
    { name: "spawn_agent", input: { agent: 7, input: "x" } },
    { name: "send_message", input: { to: "r", message: "hi" } },
    { name: "wait_agents", input: {} },
    { name: "cancel_agent", input: { name: "r", reason: "late" } },
  ];
  host.place(loopTemplate([{ toolCalls: calls }, { text: "ok" }], { agents }));
  const [frame] = host.tell(permit(1, 0));
  expect(frame?.commands.slice(1)).toEqual([
    { type: "spawn", callId: "/a#1.2", agent: "reviewer", input: "x", name: "r", background: true },
    { type: "send", callId: "/a#1.4", to: "r", message: "hi" },
    { type: "wait", callId: "/a#1.5" },
    { type: "cancel", callId: "/a#1.6", name: "r", reason: "late" },
    { type: "model", callId: "/a#1.7", after: "results", inputTokens: expect.any(Number) },
  ]);
  const [next] = host.tell(result(2, 1), result(4, 1), result(5, 1), result(6, 1), permit(7, 1));
  expect(next?.append?.[0]?.content[1]).toMatchObject({
    content: expect.stringMatching(/^TOOL_INPUT_INVALID: .*`agent` that is not of type string/),
    is_error: true,
  });
});

it("knows no built-in calls without agents to spawn", () => {
  const host = driveHost();
  host.place(loopTemplate([{ toolCalls: [{ name: "spawn_agent", input: {} }] }]));
  const [frame] = host.tell(permit(1, 0));
  expect(frame?.commands[1]).toMatchObject({ type: "tool", tool: "spawn_agent" });
});

it("keeps content blocks of its input", () => {
  const host = driveHost();
  const input = [
    text("see"),
    { type: "image", source: { type: "url", url: "https://x.example/a.png" } },
  ];
  const [frame] = host.place(loopTemplate([]), { input });
  expect(frame?.append).toEqual([{ role: "user", content: input }]);
});

it("fails with the model's error and what the model had said", async () => {
  const host = driveHost();
  host.place(loopTemplate([{ text: "half", error: "Broke." }]));
  host.tell(permit(1, 0));
  const [frame] = await host.later();
  const error = { code: "MODEL_FAILED", message: expect.stringContaining("Broke.") };
  expect(frame).toMatchObject({
    value: "failed",
    commands: [
      { type: "model.done", usage: noTokens, error },
      { type: "done", end: { status: "failed", error, partial: "half" } },
    ],
  });
  expect(host.runtime.stats()).toEqual({ agents: 0 });
});
