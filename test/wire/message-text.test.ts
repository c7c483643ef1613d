import { afterEach, describe, expect, it, vi } from "vitest";
import type { ToHost } from "../../src/wire/delivery.ts";
import { messageFrom, messageText } from "../../src/wire/message-text.ts";

const part = "x".repeat(16_000_000);
const parts = (count: number) => ({ items: Array.from({ length: count }, () => part) });

afterEach(() => vi.restoreAllMocks());

describe("the text of a message", () => {
  it("is the same whatever code of others makes of JSON", () => {
    vi.spyOn(JSON, "stringify").mockReturnValue("[]");
    vi.spyOn(JSON, "parse").mockReturnValue(null);
    const text = messageText(parts(0) as unknown as ToHost);
    const read = messageFrom(text);
    vi.restoreAllMocks();
    expect([text, read]).toEqual(['{"items":[]}', parts(0)]);
  });

  it("is refused by its sender where its receiver would not read it", () => {
    const whole = parts(17) as unknown as ToHost;
    expect(() => messageText(whole)).toThrow(RangeError);
    const less = messageText(parts(1) as unknown as ToHost);
    expect(messageFrom(less)).toEqual(parts(1));
  });

  it.each([undefined, null, 1, {}, "", "{", "undefined"])("is not %j", (text) => {
    expect(messageFrom(text)).toBeUndefined();
  });
});
