import { describe, expect, it } from "vitest";
import { blocksIn, isBlock } from "../../src/wire/content.ts";
import type { Json } from "../../src/wire/json.ts";

const text = { type: "text", text: "a" };
const source = { type: "base64", media_type: "image/png", data: "AAAA" };
const image = { type: "image", source };

describe("a value", () => {
  it.each<Json>([
    text,
    { ...text, cache_control: { type: "ephemeral" }, citations: [] },
    image,
    { ...image, cache_control: { type: "ephemeral" } },
    { type: "image", source: { type: "url", url: "https://example.com" } },
    { type: "image", source: { type: "file", file_id: "f" } },
  ])("is a block: %j", (value) => {
    expect(isBlock(value)).toBe(true);
    expect(blocksIn([value, text])).toEqual([value, text]);
  });

  it.each<Json>([
    { ...text, author: "b" },
    { type: "text" },
    { type: "text", text: 5 },
    { type: "image", source: 1, data: "A" },
    { type: "image" },
    { type: "image", source: { ...source, more: 1 } },
    { type: "image", source: { type: "base64", data: "AAAA" } },
    { type: "image", source: { type: "url", url: 5 } },
    { type: "constructor" },
    { type: "tool_use", id: "a", name: "b", input: {} },
    [text],
    "text",
    null,
    5,
  ])("is no block: %j", (value) => {
    expect(isBlock(value)).toBe(false);
    expect(blocksIn([text, value])).toBeUndefined();
    expect(blocksIn(value)).toEqual(Array.isArray(value) ? value : undefined);
  });

  it("that is an empty list is JSON", () => {
    expect(blocksIn([])).toBeUndefined();
  });
});
