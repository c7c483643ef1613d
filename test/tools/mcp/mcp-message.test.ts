import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import { OpenRequests, readMessage } from "../../../src/tools/mcp/mcp-message.ts";
import { Secrets } from "../../../src/tools/mcp/secrets.ts";

const answer = (body: object) => readMessage({ jsonrpc: "2.0", id: 1, ...body });
const errorOf = (message: JSONRPCMessage | undefined) =>
  message !== undefined && "error" in message ? message.error : undefined;

describe("readMessage", () => {
  it("conceals a secret in an error before it is cut there", () => {
    const secrets = new Secrets(["secret-of-nobody"]);
    const message = `${"x".repeat(15_990)}secret-of-nobody${"y".repeat(20_000)}`;
    const read = readMessage({ jsonrpc: "2.0", id: 1, error: { code: 1, message } }, secrets);
    expect(JSON.stringify(read)).toContain("xxxxx");
    expect(JSON.stringify(read)).not.toContain("secret");
    const inside = { a: ["secret-of-nobody"] };
    const answer = readMessage({ jsonrpc: "2.0", id: 1, error: { data: inside } }, secrets);
    expect(JSON.stringify(answer)).toContain("***");
  });

  it.each([
    ["a result", { result: { a: 1 } }, { a: 1 }],
    ["a result beside an error of null", { result: { a: 1 }, error: null }, { a: 1 }],
    ["a result beside an error of false", { result: { a: 1 }, error: false }, { a: 1 }],
    ["a result with odd `_meta`", { result: { a: 1, _meta: 5 } }, { a: 1 }],
    ["a result that is text", { result: "seen" }, { toolResult: "seen" }],
    ["a result that is a list", { result: [1] }, { toolResult: [1] }],
    ["a task", { result: { task: { taskId: "t" } } }, { toolResult: { task: { taskId: "t" } } }],
  ])("takes %s for a result", (_, body, result) => {
    expect(answer(body)).toEqual({ jsonrpc: "2.0", id: 1, result });
  });

  it.each([
    ["an error", { code: -5, message: "seen" }, { code: -5, message: "seen" }],
    ["no code", { message: "seen" }, { code: -32603, message: "seen" }],
    ["a code of text", { code: "E", message: "seen" }, { code: -32603, message: "seen; code: E" }],
    ["no message", { code: -5 }, { code: -5, message: "it did not say why" }],
    ["nothing in it", {}, { code: -32603, message: "it did not say why" }],
    ["text", "seen", { code: -32603, message: "seen" }],
    ["true", true, { code: -32603, message: "true" }],
    [
      "data",
      { code: 1, message: "m", data: { a: [1] } },
      { code: 1, message: 'm; data: {"a":[1]}' },
    ],
    ["half a character", { code: 1, message: "a\ud83d" }, { code: 1, message: "a\ufffd" }],
  ])("takes an error with %s for an error", (_, error, read) => {
    expect(errorOf(answer({ error, result: null }))).toEqual(read);
    expect(errorOf(answer({ error, result: { content: [] } }))).toEqual(read);
  });

  it("bounds what an error says", () => {
    const huge = { message: "x".repeat(1_000_000), data: "y".repeat(1_000_000) };
    expect(errorOf(answer({ error: huge }))?.message.length).toBeLessThan(20_000);
    const deep = JSON.parse(`${"[".repeat(50_000)}${"]".repeat(50_000)}`);
    expect(errorOf(answer({ error: { message: "m", data: deep } }))?.message).toMatch(/not shown/);
  });

  it.each([{}, { result: null }, { error: null }, { result: null, error: null }])(
    "takes neither a result nor an error for an error: %j",
    (body) => {
      expect(errorOf(answer(body))?.message).toBe("its answer has neither a result nor an error");
    },
  );

  it("takes an error of no request", () => {
    const error = { code: -32700, message: "not read" };
    expect(readMessage({ jsonrpc: "2.0", id: null, error })).toEqual({ jsonrpc: "2.0", error });
  });

  it.each([
    ...[null, 5, "text", true, [], {}, { jsonrpc: "2.0" }, { id: 1.5, result: {} }, { id: {} }],
    ...[{ level: "error", error: "a line of a log" }, { result: {} }, { method: 5, params: {} }],
    ...["constructor", "__proto__", "notifications/message"].map((method) => ({ method })),
    ...["half", null, {}].map((progress) => ({
      ...{ method: "notifications/progress", params: { progressToken: 1, progress } },
    })),
    { method: "notifications/progress", params: { progressToken: {}, progress: 1 } },
    { method: "notifications/progress", params: null },
  ])("passes over what is no message, or one for nobody: %j", (value) => {
    expect(readMessage(value)).toBeUndefined();
  });

  it("takes requests and notifications without what nothing here reads", () => {
    const params = { _meta: 5, x: "x".repeat(1_000) };
    expect(readMessage({ id: "a", method: "roots/list", params })).toEqual({
      ...{ jsonrpc: "2.0", id: "a", method: "roots/list" },
    });
    const progress = { progressToken: 1, progress: 2, total: "many", message: "half \ud83d" };
    expect(readMessage({ method: "notifications/progress", params: progress })).toEqual({
      jsonrpc: "2.0",
      method: "notifications/progress",
      params: { progressToken: 1, progress: 2, message: "half \ufffd" },
    });
    expect(readMessage({ method: "notifications/tools/list_changed", params })).toEqual({
      ...{ jsonrpc: "2.0", method: "notifications/tools/list_changed" },
    });
  });

  it("gives the SDK only what it takes", () => {
    const all = [
      answer({}),
      answer({ error: {} }),
      answer({ result: 5 }),
      readMessage({ id: 1, method: "m" }),
    ];
    for (const message of all) expect(JSONRPCMessageSchema.safeParse(message).success).toBe(true);
  });
});

describe("OpenRequests", () => {
  const request = (id: string | number) => ({ jsonrpc: "2.0", id, method: "tools/call" }) as const;

  it("knows each request until it is answered or cancelled, by a number or its text", () => {
    const open = new OpenRequests();
    for (const id of [1, 2, 3]) open.note(request(id));
    open.note({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
    expect([open.settle("1"), open.settle(1), open.settle(2), open.settle(9)]).toEqual([
      ...[1, undefined, undefined, undefined],
    ]);
    expect([open.has(2), open.has(3), open.has("__proto__")]).toEqual([false, true, false]);
  });

  it("takes an error of no id for that of the only request", () => {
    const open = new OpenRequests();
    open.note(request(1));
    open.note(request(2));
    expect(open.settle(undefined)).toBeUndefined();
    expect(open.settle(1)).toBe(1);
    expect(open.settle(undefined)).toBe(2);
    expect(open.settle(undefined)).toBeUndefined();
  });
});
