import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { ThrottledRefresh } from "../../../src/tools/mcp/throttled-refresh.ts";

/** A refresh whose end is in the test's hands. */
class Throttled {
  readonly clock = new ManualClock(0);
  readonly startedAt: number[] = [];
  readonly refresh: ThrottledRefresh;
  end: (isDone?: boolean) => Promise<void> = async () => undefined;

  constructor() {
    this.refresh = new ThrottledRefresh({
      clock: this.clock,
      refresh: () => {
        this.startedAt.push(this.clock.now());
        const { promise, resolve } = Promise.withResolvers<boolean>();
        this.end = async (isDone = true) => {
          resolve(isDone);
          await promise;
          await Promise.resolve();
        };
        return promise;
      },
    });
  }
}

describe("ThrottledRefresh", () => {
  it("refreshes at once, one at a time, and once more after the last change", async () => {
    const throttled = new Throttled();
    for (let change = 0; change < 1_000; change += 1) throttled.refresh.request();
    expect(throttled.startedAt).toEqual([0]);
    await throttled.end();
    throttled.clock.advance(99);
    expect(throttled.startedAt).toEqual([0]);
    throttled.clock.advance(1);
    expect(throttled.startedAt).toEqual([0, 100]);
    await throttled.end();
    throttled.clock.advance(100_000);
    expect(throttled.startedAt).toEqual([0, 100]);
  });

  it("waits twice as long each time while changes do not cease, at most 30 s", async () => {
    const throttled = new Throttled();
    throttled.refresh.request();
    for (let round = 0; round < 12; round += 1) {
      throttled.refresh.request();
      await throttled.end();
      throttled.clock.advance(30_000);
    }
    const { startedAt } = throttled;
    const waits = startedAt.slice(1).map((at, n) => at - (startedAt[n] ?? 0));
    expect(waits.at(-1)).toBe(30_000);
    const fast = new Throttled();
    fast.refresh.request();
    for (let at = 0; at < 10_000; at += 10) {
      fast.refresh.request();
      await fast.end();
      fast.clock.advance(10);
    }
    expect(fast.startedAt).toEqual([0, 100, 310, 720, 1_530, 3_140, 6_350].map(near));
  });

  it("refreshes at once again after a quiet time", async () => {
    const throttled = new Throttled();
    throttled.refresh.request();
    throttled.refresh.request();
    await throttled.end();
    throttled.clock.advance(100);
    await throttled.end();
    throttled.clock.advance(400);
    throttled.refresh.request();
    expect(throttled.startedAt).toEqual([0, 100, 500]);
    await throttled.end();
    // It was quiet for long enough: the wait begins small again.
    throttled.refresh.request();
    throttled.clock.advance(100);
    expect(throttled.startedAt).toEqual([0, 100, 500, 600]);
  });

  it("tries again later what could not be done", async () => {
    const throttled = new Throttled();
    throttled.refresh.request();
    await throttled.end(false);
    throttled.clock.advance(100);
    expect(throttled.startedAt).toEqual([0, 100]);
    await throttled.end(true);
    throttled.clock.advance(100_000);
    expect(throttled.startedAt).toEqual([0, 100]);
  });

  it("leaves no timer when it is stopped, and begins nothing", async () => {
    const throttled = new Throttled();
    throttled.refresh.request();
    throttled.refresh.request();
    await throttled.end();
    throttled.refresh.stop();
    throttled.refresh.request();
    throttled.clock.advance(100_000);
    expect(throttled.startedAt).toEqual([0]);
  });
});

/** Changes come every 10 ms here, so that a wait may be that much longer. */
function near(at: number): unknown {
  return expect.toSatisfy((given: number) => Math.abs(given - at) <= 70);
}
