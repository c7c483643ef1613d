import { describe, expect, it } from "vitest";
import { pictures, pngOf, pngOfBase64, sizeOf, typeOf } from "../fixtures/messages/picture.ts";
import { answered, asks, refusalOf, result, talk } from "./messages-bodies.ts";

const png = pictures["image/png"];
const image = (source: unknown, more: object = {}) => ({ type: "image", source, ...more });
const base64 = (data: unknown, type: unknown = "image/png", more: object = {}) => {
  return image({ type: "base64", media_type: type, data, ...more });
};
const shows = (...blocks: unknown[]) => talk(asks(...blocks));
const url = (address: string) => image({ type: "url", url: address });
const at = "messages.0.content.0.image.source";

describe("an image", () => {
  it.each(Object.entries(pictures))("is taken as %s", (type, data) => {
    expect(refusalOf(shows(base64(data, type)))).toBeUndefined();
    const bytes = Buffer.from(data, "base64");
    expect([typeOf(bytes), sizeOf(bytes)]).toEqual([type, { width: 1, height: 1 }]);
  });

  it.each<[string, unknown, string, unknown]>([
    [
      "more than 5 MB of base64",
      base64(pngOfBase64(5_242_884)),
      `${at}.base64: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes`,
      base64(pngOfBase64(5_242_880)),
    ],
    [
      "8,001 pixels of width",
      base64(pngOf({ width: 8_001, height: 1 })),
      `${at}.base64.data: At least one of the image dimensions exceed max allowed size: 8000`,
      base64(pngOf({ width: 8_000, height: 8_000 })),
    ],
    [
      "8,001 pixels of height",
      base64(pngOf({ width: 1, height: 8_001 })),
      `${at}.base64.data: At least one of the image dimensions`,
      base64(pngOf({ width: 1, height: 8_000 })),
    ],
    [
      "another type than its bytes",
      base64(png, "image/jpeg"),
      `${at}.base64: The image was specified using the image/jpeg media type, but the image ` +
        "appears to be a image/png image",
      base64(pictures["image/jpeg"], "image/jpeg"),
    ],
    ...["image/jpg", "IMAGE/PNG", "image/png; charset=utf-8", "image/svg+xml", undefined].map(
      (type): [string, unknown, string, unknown] => [
        `the type ${type}`,
        base64(png, type ?? null),
        `${at}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or`,
        base64(png, "image/png"),
      ],
    ),
    ["no data", base64(""), `${at}.base64: image cannot be empty`, base64(png)],
    ["data that is no text", base64(5), `${at}.base64.data: Input should be a valid`, base64(png)],
    [
      "a data URL",
      base64(`data:image/png;base64,${png}`),
      `${at}.base64: invalid base64 data`,
      base64(png),
    ],
    ["no padding", base64(png.replaceAll("=", "")), "invalid base64 data", base64(png)],
    ["bytes of no format", base64("aGVsbG8h"), "Could not process image", base64(png)],
    ["half a header", base64(png.slice(0, 16)), "Could not process image", base64(png)],
    [
      "a source's own field",
      base64(png, "image/png", { name: "a" }),
      `${at}.base64.name: Extra inputs are not permitted`,
      base64(png),
    ],
    [
      "its own field",
      image({ type: "url", url: "https://a.example/a.png" }, { alt: "a" }),
      "messages.0.content.0.image.alt: Extra inputs are not permitted",
      image({ type: "url", url: "https://a.example/a.png" }, { transformations: {} }),
    ],
    [
      "a plain http address",
      url("http://a.example/a.png"),
      "Only HTTPS URLs are",
      url("https://a.example/a.png"),
    ],
    ["no address", url("a.png"), `${at}.url.url: Only HTTPS`, url("https://a.example")],
    ["a number as source", image(1), `${at}: Input should be a valid dictionary`, base64(png)],
    ["no source", image(undefined), `${at}: Field required`, base64(png)],
    ["an unknown source", image({ type: "path" }), `${at}: Input tag 'path'`, base64(png)],
    [
      "no file",
      image({ type: "file" }),
      `${at}.file.file_id: Field`,
      image({ type: "file", file_id: "f" }),
    ],
  ])("is refused with %s", (_, refused, words, taken) => {
    expect(refusalOf(shows(refused))).toContain(words);
    expect(refusalOf(shows(taken))).toBeUndefined();
  });

  it("is refused inside a result as well", () => {
    const body = (data: string) => answered({ ...result, content: [base64(data)] });
    expect(refusalOf(body(pngOfBase64(5_242_884)))).toContain(
      "messages.2.content.0.tool_result.content.0.image.source.base64: image exceeds 5 MB maximum",
    );
    expect(refusalOf(body(png))).toBeUndefined();
  });

  it("may have 2,001 pixels among 20, and not among 21", () => {
    const small = (count: number) => Array(count).fill(base64(png));
    const large = base64(pngOf({ width: 2_001, height: 1 }));
    expect(refusalOf(shows(...small(19), large))).toBeUndefined();
    expect(refusalOf(shows(...small(20), large))).toBe(
      "messages.0.content.20.image.source.base64.data: At least one of the image dimensions " +
        "exceed max allowed size for many-image requests: 2000 pixels",
    );
  });

  it("is one of 100 at most", () => {
    const many = (count: number) => shows(...Array(count).fill(base64(png)));
    expect(refusalOf(many(100))).toBeUndefined();
    expect(refusalOf(many(101))).toBe("Too much media: 0 document pages + 101 images > 100");
  });
});
