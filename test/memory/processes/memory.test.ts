import { describe, expect, it } from "vitest";
import { leftBehind } from "../left-behind.ts";

/** `keepMb` of its default, 64, in millions of bytes, and what V8 keeps for a moment. */
const MAX_MB = 70;
/** Before the test itself would be given up. */
const LIMIT_MS = 110_000;

// `npm run test:memory` does it with 1,000 results of 1 MB, and 100 calls each.
describe("a service with a heap of 256 MB", () => {
  it("survives more results than fit into it", async () => {
    const use = { what: "results", times: 100, characters: 3_000_000 } as const;
    const { done, heapMb, otherMb } = await leftBehind(use, LIMIT_MS);
    expect(done).toBe(100);
    expect(heapMb).toBeLessThan(10);
    expect(otherMb).toBeLessThan(MAX_MB);
  });

  it.each(["callTool", "sendMessage"] as const)(
    "has nothing left in it of a refused %s of 20 MB",
    async (what) => {
      const use = { what, times: 3, characters: 20_000_000 };
      const { done, heapMb, otherMb } = await leftBehind(use, LIMIT_MS);
      expect(done).toBe(3);
      expect(heapMb).toBeLessThan(10);
      expect(otherMb).toBeLessThan(MAX_MB);
    },
  );
});
