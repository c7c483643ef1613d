import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import {
  endless,
  type MessagesRequestBody,
  refusal,
  say,
  startMessagesServer,
  thinking,
  text as words,
} from "../../fixtures/messages-server.ts";

const user = { role: "user", content: "hello" };
const call = { type: "tool_use", id: "t1", name: "add", input: {} };
const result = { type: "tool_result", tool_use_id: "t1", content: "5" };
const mark = { cache_control: { type: "ephemeral" } };
const good: MessagesRequestBody = { model: "claude-test", max_tokens: 10, messages: [user] };

async function post(body: object, headers: Record<string, string> = {}) {
  await using server = await startMessagesServer({ reply: () => say("5"), key: "let-me-in" });
  const response = await fetch(`${server.url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": "let-me-in", "anthropic-version": "2026-10-21", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text(), server };
}

describe("the messages server", () => {
  it("speaks server-sent events in the order of the Messages API", async () => {
    const { status, text } = await post(good);
    expect(status).toBe(200);
    expect(text.match(/^event: .*$/gm)).toEqual([
      "event: message_start",
      "event: ping",
      "event: content_block_start",
      "event: content_block_delta",
      "event: content_block_stop",
      "event: message_delta",
      "event: message_stop",
    ]);
  });

  it("refuses a key that is not its own", async () => {
    expect(await post(good, { "x-api-key": "other" })).toMatchObject({ status: 401 });
  });

  it.each<[string, object]>([
    ["no model", { ...good, model: undefined }],
    ["no tokens", { ...good, max_tokens: 0 }],
    ["no messages", { ...good, messages: [] }],
    ["an empty message", { ...good, messages: [{ role: "user", content: [] }] }],
    ["blank text", { ...good, messages: [{ role: "user", content: " " }] }],
    [
      "a call without its result",
      { ...good, messages: [{ role: "assistant", content: [call] }, user] },
    ],
    ["a result without its call", { ...good, messages: [{ role: "user", content: [result] }] }],
    ["a call at the end", { ...good, messages: [user, { role: "assistant", content: [call] }] }],
    ["temperature", { ...good, temperature: 1 }],
    [
      "thinking beyond max_tokens",
      { ...good, max_tokens: 2_000, thinking: { type: "enabled", budget_tokens: 2_000 } },
    ],
    ["a tool without a schema", { ...good, tools: [{ name: "add" }] }],
    [
      "a tool's name with a slash",
      { ...good, tools: [{ name: "a/b", input_schema: { type: "object" } }] },
    ],
    [
      "five cache marks",
      {
        ...good,
        messages: [{ role: "user", content: Array(5).fill({ type: "text", text: "a", ...mark }) }],
      },
    ],
  ])("refuses a request with %s", async (_, body) => {
    const { status, server } = await post(body);
    expect(status).toBe(400);
    expect(server.requests).toHaveLength(1);
  });

  it("refuses half a surrogate pair in the service's words, and records the request", async () => {
    const { status, text, server } = await post({ ...good, system: "cut \ud83d here" });
    expect([status, JSON.parse(text)]).toEqual([
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: expect.stringMatching(
            /^The request body is not valid JSON: no low surrogate in string: line 1 column \d+/,
          ),
        },
      },
    ]);
    expect(server.requests).toHaveLength(1);
  });

  it("refuses more than 32 MB", async () => {
    const empty = JSON.stringify({ ...good, system: "" }).length;
    const system = (bytes: number) => ({ ...good, system: "a".repeat(bytes - empty) });
    const { status, text } = await post(system(32 * 1_024 * 1_024 + 1));
    expect([status, JSON.parse(text)]).toMatchObject([
      413,
      { error: { type: "request_too_large" } },
    ]);
    expect(await post(system(32 * 1_024 * 1_024))).toMatchObject({ status: 200 });
  });

  it("knows its own thoughts again, and refuses them when they were changed", async () => {
    await using server = await startMessagesServer({
      reply: () => say([thinking("a long thought", "sig-1"), words("a")]),
    });
    const ask = async (...messages: object[]) => {
      const response = await fetch(`${server.url}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": "any", "anthropic-version": "2026-10-21" },
        body: JSON.stringify({ ...good, messages }),
      });
      return response.text();
    };
    const says = (thought: string, signature = "sig-1") => {
      const block = { type: "thinking", thinking: thought, signature };
      return { role: "assistant", content: [block, { type: "text", text: "a" }] };
    };
    await ask(user);
    expect(await ask(user, says("a long thought"), user)).toContain("event: message_stop");
    expect(await ask(user, says("another's", "sig-2"), user)).toContain("event: message_stop");
    expect(await ask(user, says("a thought"), user)).toContain(
      "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant " +
        "message cannot be modified.",
    );
    expect(await ask(user, says("a thought"), user, says("a long thought"), user)).toContain(
      "messages.1.content.0: Invalid `signature` in `thinking` block",
    );
  });

  it("takes a conversation whose calls all have their results", async () => {
    const messages = [
      user,
      { role: "assistant", content: [call] },
      { role: "user", content: [result] },
    ];
    expect(await post({ ...good, messages })).toMatchObject({ status: 200 });
  });

  it("tells a script that throws to the client", async () => {
    await using server = await startMessagesServer({
      reply: () => {
        throw new Error("no such step");
      },
    });
    const response = await fetch(`${server.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "any", "anthropic-version": "2026-10-21" },
      body: JSON.stringify(good),
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("no such step"),
    ]);
  });

  it("scripts a refusal without content", () => {
    const types = [...refusal().events].map(({ type }) => type);
    expect(types).toEqual(["message_start", "ping", "message_delta", "message_stop"]);
  });

  it("lets the process end after close, even with a stream under way", async () => {
    const fixture = new URL("../../fixtures/messages-server.ts", import.meta.url).href;
    const program = `
      const { endless, startMessagesServer } = await import(${JSON.stringify(fixture)});
      const server = await startMessagesServer({ reply: () => endless() });
      const headers = { "x-api-key": "any", "anthropic-version": "2026-10-21" };
      const body = ${JSON.stringify(JSON.stringify(good))};
      const response = await fetch(server.url + "/v1/messages", { method: "POST", headers, body });
      const reader = response.body.getReader();
      await reader.read();
      await server.close();
      await reader.closed.catch((error) => process.stdout.write(error.name));
    `;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 60_000,
    });
    expect(await run).toMatchObject({ stdout: "TypeError" });
    expect(endless().ending).toBeUndefined();
  });
});
