import { describe, expect, it } from "vitest";
import { blocksIn, messageContent, toolContent } from "../../src/wire/content.ts";
import type { Json } from "../../src/wire/json.ts";

const data =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk" +
  "+A8AAQUBAScY42YAAAAASUVORK5CYII=";
const png = { type: "base64", media_type: "image/png", data };
const image = { type: "image", source: png };
const text = (said: string) => ({ type: "text", text: said });

/** A PNG of that size, as far as its header says. */
function sized(width: number, height: number): string {
  const head = Buffer.from(data, "base64");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head.toString("base64");
}

describe("what enters a conversation", () => {
  it.each<[string, Json, string]>([
    ["half of a character", "cut \ud83d here", "cut \ufffd here"],
    ["a number", 5, "5"],
    ["an object", { a: 1 }, '{"a":1}'],
    ["null", null, "null"],
    ["an empty list", [], "[]"],
  ])("as %s is text that is well formed", (_, value, said) => {
    expect(messageContent(value)).toBe(said);
    expect(toolContent(value)).toBe(said);
  });

  it.each<[string, Json]>([
    ["nothing", ""],
    ["white space", " \n\t\u00a0\u3000\ufeff"],
    ["controls that others count as space", "\x1c\x1f\x85"],
    ["a blank block", [text("  ")]],
    ["blank blocks", [text(""), text("\n")]],
  ])("as %s is a note, since services refuse blank text", (_, value) => {
    expect(messageContent(value)).toBe("[empty message]");
    expect(toolContent(value)).toBe("[empty result]");
  });

  it("leaves out blank blocks beside others, and mends the text of the rest", () => {
    expect(messageContent([text(" "), text("a\udc00"), image])).toEqual([text("a\ufffd"), image]);
  });

  it.each<[string, Json]>([
    ["a field beside a text's", [{ ...text("a"), author: "b" }]],
    ["a text that is none", [{ type: "text", text: 5 }]],
    ["an unknown type", [{ type: "note", text: "a" }]],
    ["a type of an object's prototype", [{ type: "constructor" }]],
    ["a source that is no object", [{ type: "image", source: 1, data: "x" }]],
    ["a source of an unknown type", [{ type: "image", source: { ...png, type: "disk" } }]],
    ["a field beside a source's", [{ type: "image", source: { ...png, id: "1" } }]],
    ["a field beside an image's", [{ ...image, alt: "a" }]],
    ["a source without its media type", [{ type: "image", source: { type: "base64", data } }]],
    ["a source without a url", [{ type: "image", source: { type: "url", url: 7 } }]],
    ["a mark of another kind", [{ ...text("a"), cache_control: { type: "persistent" } }]],
    ["a mark of another time", [{ ...text("a"), cache_control: { type: "ephemeral", ttl: "2h" } }]],
    ["a field beside a mark's", [{ ...text("a"), cache_control: { type: "ephemeral", x: 1 } }]],
    ["a document", [{ type: "document", source: png }]],
    ["a call", [{ type: "tool_use", id: "a", name: "b", input: {} }]],
    ["a row among blocks", [text("a"), { type: "text" }]],
    ["a block that is not in a list", text("a")],
  ])("is data with %s, and shown as JSON", (_, value) => {
    expect(blocksIn(value)).toBeUndefined();
    expect(messageContent(value)).toBe(JSON.stringify(value));
  });

  it("takes every field that the SDK gives a block, and sends those that matter", () => {
    const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };
    const marked = { ...text("a"), ...mark };
    expect(
      messageContent([
        { ...marked, citations: null },
        { ...image, ...mark },
      ]),
    ).toEqual([marked, { ...image, ...mark }]);
    expect(messageContent([{ ...text("a"), cache_control: null, citations: [] }])).toEqual([
      text("a"),
    ]);
    expect(toolContent([marked, { ...image, ...mark }])).toEqual([text("a"), image]);
  });
});

describe("an image", () => {
  const shown = (source: Json) =>
    (messageContent([{ type: "image", source }]) as readonly Json[])[0];

  it.each([
    ["image/jpg", "image/jpeg"],
    ["IMAGE/PNG; charset=binary", "image/png"],
    [" image/WebP ", "image/webp"],
    ["image/x-png", "image/png"],
    ["image/gif", "image/gif"],
  ])("called %s is %s", (given, media_type) => {
    const unknown = { type: "base64", media_type: given, data: "AAAA" };
    expect(shown(unknown)).toEqual({ type: "image", source: { ...unknown, media_type } });
  });

  it("is called what its data is", () => {
    expect(shown({ ...png, media_type: "image/jpeg" })).toEqual(image);
    expect(shown({ ...png, media_type: "application/octet-stream" })).toEqual(image);
  });

  it.each<[string, Json, string]>([
    ["of another kind", { ...png, media_type: "image/tiff", data: "AAAA" }, "image/tiff left out"],
    ["without data", { ...png, data: "" }, "it has no data"],
    ["that is SVG", { ...png, data: btoa("<svg/>".padEnd(99)) }, "image of markup left out"],
    ["that is a page", { ...png, data: btoa("\n<!DOCTYPE html>") }, "image of markup left out"],
    ["that is a PDF", { ...png, data: btoa("%PDF-1.7 ...") }, "application/pdf left out"],
    ["of a file that cannot be", { type: "file", file_id: "a\ud83d" }, "no id of a file"],
    ["that is no base64", { ...png, data: "<svg>" }, "its data is not base64"],
    ["that is half of a base64", { ...png, data: "AAAAA" }, "its data is not base64"],
    ["at a url without TLS", { type: "url", url: "http://a.example/b.png" }, "only https"],
    ["at no url", { type: "url", url: "b.png" }, "only https"],
    ["that is too wide", { ...png, data: sized(8_001, 1) }, "8001 x 1 pixels left out"],
    ["that is too high", { ...png, data: sized(1, 8_001) }, "1 x 8001 pixels left out"],
  ])("%s becomes a note that the model can read", (_, source, said) => {
    expect(shown(source)).toEqual({ type: "text", text: expect.stringContaining(said) });
  });

  it("may have 8,000 pixels a side and 5 MB, and one character more is too much", () => {
    expect(shown({ ...png, data: sized(8_000, 8_000) })).toMatchObject({ type: "image" });
    const most = data.slice(0, -4).padEnd(5 * 1_024 * 1_024, "A");
    expect(shown({ ...png, data: most })).toMatchObject({ type: "image" });
    const note = "[image of 5.1 MB left out: the limit is 5 MB]";
    expect(shown({ ...png, data: `${most}AAAA` })).toEqual(text(note));
    const huge = "A".repeat(6.1 * 1_024 * 1_024);
    expect(shown({ ...png, data: huge })).toEqual(text(note.replace("5.1", "6.1")));
  });

  it.each([
    ["with line breaks", data.replace(/.{20}/g, "$&\r\n")],
    ["in base64url without its end", data.replaceAll("+", "-").replace(/=+$/, "")],
    ["as a data URL", `data:image/png;base64,${data}`],
  ])("%s is sent in its plain form", (_, given) => {
    expect(shown({ ...png, data: given })).toEqual(image);
  });

  it("at a data URL is sent as data", () => {
    expect(shown({ type: "url", url: `data:image/png;base64,${data}` })).toEqual(image);
  });
});
