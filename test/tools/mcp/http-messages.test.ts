import { describe, expect, it } from "vitest";
import { messagesIn } from "../../../src/tools/mcp/http-messages.ts";
import { LongestPause, MAX_PAUSE_MS } from "../../supervisor/longest-pause.ts";

const listChanged = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const range = (length: number) => Array.from({ length }, (_, index) => index);
const answer = (value: unknown) => ({ jsonrpc: "2.0", id: 1, result: { value } });

describe("a text of a server", () => {
  it.each<[string, unknown, number, unknown]>([
    ["a message", answer(1), 1, undefined],
    ["a batch", [listChanged, answer(1)], 2, undefined],
    ["an empty batch", [], 0, undefined],
    ["a batch with what is none", [5, null, answer(1), {}], 1, undefined],
    ["what is none", { hello: 1 }, 0, { hello: 1 }],
    ["a notification that nobody waits for", { jsonrpc: "2.0", method: "x" }, 0, undefined],
  ])("is read as %s", async (_, value, count, odd) => {
    const read = await messagesIn(JSON.stringify(value));
    expect([read.messages.length, read.odd]).toEqual([count, odd]);
  });

  it("that is no JSON holds no message", async () => {
    expect(await messagesIn("hello")).toEqual({ messages: [], odd: "hello" });
  });

  it("that is long has at most 250,000 values, 50,000 keys, 10,000 levels", async () => {
    // Beside the list: the message, its version, id and result.
    const list = (values: number) => JSON.stringify(answer(range(values - 5)));
    expect((await messagesIn(list(250_000))).messages).toHaveLength(1);
    await expect(messagesIn(list(250_001))).rejects.toThrow(/250000 JSON values/);
    const deep = (levels: number) =>
      `${"[".repeat(levels)}${" ".repeat(65_536)}${"]".repeat(levels)}`;
    await expect(messagesIn(deep(10_000))).resolves.toBeDefined();
    await expect(messagesIn(deep(10_001))).rejects.toThrow(/10000 levels/);
    const keyed = (keys: number) =>
      JSON.stringify(answer(Object.fromEntries(range(keys).map((n) => [`k${n}`, n]))));
    expect((await messagesIn(keyed(50_000))).messages).toHaveLength(1);
    await expect(messagesIn(keyed(50_001))).rejects.toThrow(/50000 keys/);
  });

  it.each<[string, () => unknown]>([
    ["one long text", () => answer("x".repeat(9_000_000))],
    [
      "many different keys",
      () => answer(Object.fromEntries(range(50_000).map((n) => [`k${n}`, n]))),
    ],
    ["many texts", () => answer(range(200_000).map((n) => `text number ${n}`))],
    ["a large batch", () => range(20_000).map(() => listChanged)],
  ])("of %s does not hold the thread", async (_, value) => {
    const text = JSON.stringify(value());
    await new Promise((next) => setImmediate(next));
    using pause = new LongestPause();
    expect((await messagesIn(text)).messages.length).toBeGreaterThan(0);
    expect(pause.take()).toBeLessThan(MAX_PAUSE_MS);
  });
});
