import { describe, expect, it } from "vitest";
import { imageInfo, imageTokens } from "../../src/wire/image.ts";
import { imageHeaders } from "../fixtures/image-headers.ts";

const base64 = (...bytes: (number | readonly number[])[]) =>
  Buffer.from(bytes.flat()).toString("base64");
const two = (size: number) => [size >> 8, size & 255];

/** A PNG that says of itself that it has this size. */
function png(width: number, height: number): string {
  const bytes = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR________", "latin1");
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString("base64");
}

const tokensOf = (data: string) => imageTokens({ type: "base64", media_type: "image/png", data });

describe("the header of an image", () => {
  it.each(imageHeaders)("of $what tells its type and size", ({ type, data }) => {
    expect(imageInfo(data)).toEqual({ type, width: 1_234, height: 567 });
    expect(imageInfo(`${data}${"A".repeat(5_000_000)}`)).toMatchObject({ width: 1_234 });
  });

  it.each(imageHeaders)("of $what that is cut off tells its type, or nothing", ({ type, data }) => {
    for (let length = 0; length < data.length; length++) {
      const info = imageInfo(data.slice(0, length)) ?? { type, width: 0, height: 0 };
      expect(info.type).toBe(type);
      expect([0, 1_234]).toContain(info.width);
      expect([0, 567]).toContain(info.height);
    }
  });

  it.each(["", "AAAA", "not base64 at all, %%%", "R0lGODdh", "UklGRkAAAABXQVZF", "JVBERi0xLjQK"])(
    "%j has no size",
    (data) => expect(imageInfo(data)?.width ?? 0).toBe(0),
  );

  it("of a JPEG is found behind all that is embedded before it", () => {
    const frame = [0xff, 0xc0, ...two(17), 8, ...two(567), ...two(1_234), 3];
    const segment = (kind: number, size: number) => [
      [0xff, kind, ...two(size + 2)],
      new Array<number>(size).fill(0xc0),
    ];
    const embedded = [segment(0xe1, 65_000), segment(0xe2, 65_000), segment(0xc4, 400)].flat();
    const data = base64([0xff, 0xd8], ...embedded, [0xff, 0xff, 0xff, 0x01], frame);
    expect(imageInfo(data)).toEqual({ type: "image/jpeg", width: 1_234, height: 567 });
    const none = base64([0xff, 0xd8], [0xff, 0xda, 0, 8], frame);
    expect(imageInfo(none)).toEqual({ type: "image/jpeg", width: 0, height: 0 });
  });

  it("of a JPEG of nothing but fillers or empty segments is given up on", () => {
    const fillers = Buffer.alloc(3_900_000, 0xff);
    fillers[1] = 0xd8;
    const empty = Buffer.alloc(3_900_000, Buffer.from([0xff, 0xe0, 0, 2]));
    for (const bytes of [fillers, Buffer.concat([Buffer.from([0xff, 0xd8]), empty])]) {
      expect(imageInfo(bytes.toString("base64"))).toMatchObject({ width: 0, height: 0 });
    }
  });
});

describe("the tokens of an image", () => {
  it.each([
    [1, 1, 1],
    [200, 200, 64],
    [1_000, 1_000, 1_334],
    [1_092, 1_092, 1_590],
    [1_920, 1_080, 2_765],
    [1, 2_576, 92],
    // What is larger is made smaller first.
    [5_152, 560, 962],
    [8_000, 8, 92],
    [8_000, 8_000, 4_784],
    [4_294_967_295, 4_294_967_295, 4_784],
  ])("of %d x %d pixels are %d", (width, height, tokens) => {
    expect(tokensOf(png(width, height))).toBe(tokens);
    expect(tokensOf(png(height, width))).toBe(tokens);
  });

  it.each([
    ["an address", { type: "url", url: "https://example.com/a.png" }],
    ["a file", { type: "file", file_id: "f" }],
    ["no header", { type: "base64", media_type: "image/png", data: "AAAA" }],
    ["a size of 0", { type: "base64", media_type: "image/png", data: png(0, 100) }],
    ["no data", { type: "base64", media_type: "image/png" }],
    ["nothing", null],
    ["a list", [1]],
    ["a text", "data"],
  ])("are the most that an image can cost where its source is %s", (_, source) => {
    expect(imageTokens(source)).toBe(4_784);
  });
});
