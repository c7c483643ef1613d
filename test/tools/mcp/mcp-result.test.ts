import { describe, expect, it } from "vitest";
import { jsonOfMcpResult } from "../../../src/tools/mcp/mcp-result.ts";

const text = (said: string) => ({ type: "text", text: said }) as const;
const image = (mimeType: string) => ({ type: "image", data: "aGk=", mimeType }) as const;

describe("jsonOfMcpResult", () => {
  it("joins text to one string", () => {
    expect(jsonOfMcpResult({ content: [text("one"), text("two")] })).toBe("one\ntwo");
    expect(jsonOfMcpResult({ content: [text("")] })).toBe("");
  });

  it("takes structured content only when there is no other", () => {
    const structuredContent = { sheets: 3 };
    expect(jsonOfMcpResult({ content: [], structuredContent })).toEqual({ sheets: 3 });
    expect(jsonOfMcpResult({ content: [text("3")], structuredContent })).toBe("3");
    expect(jsonOfMcpResult({ content: [] })).toBeNull();
  });

  it("shows images that models can see as blocks, and says what the others are", () => {
    expect(jsonOfMcpResult({ content: [text("look"), image("image/png")] })).toEqual([
      { type: "text", text: "look" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
    ]);
    expect(jsonOfMcpResult({ content: [image("image/svg+xml")] })).toEqual([
      text("[image, image/svg+xml, 4 characters of base64, not shown]"),
    ]);
  });

  it("shows images whatever their type is written as, and those in resources", () => {
    const resource = { uri: "file:///a.png", mimeType: "image/png", blob: "aGk=" };
    const content = [
      image("image/jpg"),
      image("IMAGE/PNG; charset=binary"),
      { type: "resource", resource },
    ] as const;
    const shown = (media_type: string) => {
      return { type: "image", source: { type: "base64", media_type, data: "aGk=" } };
    };
    expect(jsonOfMcpResult({ content })).toEqual([
      shown("image/jpeg"),
      shown("image/png"),
      text("[resource file:///a.png, image/png]"),
      shown("image/png"),
    ]);
  });

  it("says what sound, resources and links are", () => {
    const uri = "file:///a.txt";
    const content = [
      { type: "audio", data: "aGk=", mimeType: "audio/wav" },
      { type: "resource", resource: { uri, mimeType: "text/plain", text: "hello" } },
      { type: "resource", resource: { uri, blob: "aGk=" } },
      { type: "resource_link", uri, name: "a" },
    ] as const;
    expect(jsonOfMcpResult({ content })).toEqual([
      text("[audio, audio/wav, 4 characters of base64, not shown]"),
      text("[resource file:///a.txt, text/plain]\nhello"),
      text("[resource file:///a.txt, 4 characters of base64, not shown]"),
      text("[link to a: file:///a.txt]"),
    ]);
  });

  it.each([
    [[text("no paper"), text("no ink")], "no paper\nno ink"],
    [[image("image/png")], "[image, image/png]"],
    [[], "it did not say why"],
  ])("throws what a failure says: %#", (content, message) => {
    expect(() => jsonOfMcpResult({ content, isError: true })).toThrow(new Error(message));
  });
});
