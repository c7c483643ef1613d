import { expect, it } from "vitest";
import { reconnectionMs } from "../../../src/tools/mcp/reconnection.ts";

it("waits twice as long after each failure, up to 30 s", () => {
  const waits = [0, 1, 2, 3, 6, 1_000].map((failures) => reconnectionMs(failures, undefined));
  expect(waits).toEqual([1_000, 1_000, 2_000, 4_000, 30_000, 30_000]);
});

it("waits for as long as the server wants, from 100 ms to 30 s", () => {
  const waits = [0, 99, 100, 500, 30_000, 30_001].map((retryMs) => reconnectionMs(1, retryMs));
  expect(waits).toEqual([100, 100, 100, 500, 30_000, 30_000]);
});
