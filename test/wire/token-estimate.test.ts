import { describe, expect, it } from "vitest";
import type { Json } from "../../src/wire/json.ts";
import {
  deliveryTokens,
  jsonTokens,
  leastTokens,
  messageTokens,
  preambleTokens,
  textTokens,
} from "../../src/wire/token-estimate.ts";
import { imageHeaders } from "../fixtures/image-headers.ts";
import { pngOf } from "../fixtures/messages-server.ts";

describe("the estimate of JSON", () => {
  it("is near that of the JSON written out", () => {
    const value = { name: "read_file", lines: [1, 20, 300], deep: { ok: true, none: null } };
    const written = textTokens(JSON.stringify(value));
    expect(jsonTokens(value) / written).toBeGreaterThan(0.7);
    expect(jsonTokens(value) / written).toBeLessThan(1.5);
  });
});

describe("the estimate of a prompt", () => {
  const resultOf = (value: Json) =>
    deliveryTokens({ type: "result", callId: "k", result: { isError: false, value } });
  const messageOf = (message: Json) => deliveryTokens({ type: "message", from: "/", message });
  const childOf = (output: Json) =>
    deliveryTokens({ type: "child", path: "/a", name: "a", outcome: { output } });
  const imageOf = (data: string) => ({
    type: "image" as const,
    source: { type: "base64", media_type: "image/png", data },
  });

  it.each([
    // The head of a picture of 1,234 x 567 pixels, and something that tells no size.
    [imageHeaders[0]?.data ?? "", 933],
    ["A".repeat(100_000), 4_784],
  ])("counts an image of content by its size, wherever it comes from", (data, size) => {
    const image = imageOf(data);
    const blocks = [{ type: "text", text: "Look:" }, image];
    for (const tokens of [
      messageTokens({ role: "user", content: [image] }),
      messageTokens({
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "k", content: [image] }],
      }),
      resultOf(blocks),
      messageOf(blocks),
      childOf(blocks),
      leastTokens(blocks),
    ]) {
      expect(tokens).toBeGreaterThanOrEqual(size);
      expect(tokens).toBeLessThan(size + 30);
    }
  });

  const png = pngOf({ width: 28, height: 28 });
  it.each([
    { type: "base64", media_type: "image/png", data: `data:image/png;base64,${png}` },
    { type: "url", url: `data:image/png;base64,${png}` },
    { type: "url", url: "http://example.com/a.png" },
    { type: "base64", media_type: "image/svg+xml", data: "PHN2Zy8+" },
    { type: "base64", media_type: "image/png", data: pngOf({ width: 9_000, height: 9_000 }) },
  ])("takes an input's image for no more than it will be sent as, number %$", (source) => {
    expect(leastTokens([{ type: "image", source }])).toBeLessThan(60);
  });

  const megabyte = "some words of a text ".repeat(50_000);
  it.each<[string, Json]>([
    ["is only called one", { type: "image", source: 1, data: megabyte }],
    ["has fields of its own", { ...imageOf(""), note: megabyte }],
    ["stands in a row of others", [imageOf(""), { type: "image", source: megabyte }]],
    ["stands inside of something else", { picture: imageOf(megabyte) }],
    ["is not in a list", imageOf(megabyte)],
  ])("counts what %s as the JSON that is sent", (_, value) => {
    const sent = textTokens(JSON.stringify(value));
    for (const tokens of [resultOf(value), messageOf(value), leastTokens(value)]) {
      expect(tokens).toBeGreaterThan(0.95 * sent);
      expect(tokens).toBeLessThan(1.1 * sent);
    }
    expect(leastTokens(value)).toBeLessThanOrEqual(sent);
  });

  it("counts instructions and tools, and what a service says of how to call them", () => {
    const card = { subject: "add", name: "add", description: "Adds.", inputSchema: {} };
    expect(preambleTokens(undefined, [])).toBe(0);
    const bare = preambleTokens("Be brief.", []);
    expect(bare).toBeGreaterThan(0);
    const one = preambleTokens("Be brief.", [card]);
    expect(one - bare).toBeGreaterThan(350);
    expect(preambleTokens("Be brief.", [card, card]) - one).toBeLessThan(30);
  });

  it("counts results, messages, notes and what is told of children, and no permit", () => {
    const text = "some words that are told to the model in one way or another";
    const least = textTokens(text);
    const error = { code: "TOOL_FAILED", message: text, details: {} } as const;
    for (const body of [
      { type: "result", callId: "k", result: { isError: false, value: text } },
      { type: "result", callId: "k", result: { isError: true, error } },
      { type: "message", from: "/", message: text },
      { type: "note", text },
      { type: "child", path: "/a", name: "a", outcome: { output: text } },
    ] as const) {
      expect(deliveryTokens(body)).toBeGreaterThanOrEqual(least);
      expect(deliveryTokens(body)).toBeLessThan(least + 40);
    }
    const permit = { type: "permit", callId: "k", maxTokens: 1, attempt: 1, turn: 0 } as const;
    expect(deliveryTokens(permit)).toBe(0);
  });
});
