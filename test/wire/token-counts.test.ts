import { describe, expect, it } from "vitest";
import { isFromHost } from "../../src/wire/frame-check.ts";
import { isUsage } from "../../src/wire/token-counts.ts";

const usage = { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4 };

const frameWith = (used: unknown) => ({
  frames: [
    {
      path: "/a",
      incarnation: 1,
      upTo: 0,
      busy: false,
      commands: [{ type: "model.done", callId: "k", usage: used }],
      value: null,
    },
  ],
});

describe("a usage that comes from a host", () => {
  it.each([
    usage,
    { ...usage, cacheWrite1hTokens: 0, webSearches: 0 },
    { ...usage, cacheWrite1hTokens: 3, webSearches: 100_000 },
    { ...usage, inputTokens: 1_000_000_000 },
  ])("is believed: %o", (used) => {
    expect(isUsage(used)).toBe(true);
    expect(isFromHost(frameWith(used))).toBe(true);
  });

  it.each([
    undefined,
    null,
    5,
    { ...usage, inputTokens: 1_000_000_001 },
    { ...usage, outputTokens: -1 },
    { ...usage, cacheReadTokens: 0.5 },
    { ...usage, cacheWrite1hTokens: 4 },
    { ...usage, cacheWrite1hTokens: Number.NaN },
    { ...usage, cacheWrite1hTokens: null },
    { ...usage, webSearches: 100_001 },
    { ...usage, webSearches: -1 },
    { ...usage, webSearches: "3" },
  ])("is not believed: %o", (used) => {
    expect(isUsage(used)).toBe(false);
    expect(isFromHost(frameWith(used))).toBe(false);
  });
});
