import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { PacedRefresh } from "../../../src/tools/mcp/paced-refresh.ts";

/** A refresh whose end is in the test's hands. */
class Paced {
  readonly clock = new ManualClock(0);
  readonly startedAt: number[] = [];
  readonly refresh: PacedRefresh;
  end: (isDone?: boolean) => Promise<void> = async () => undefined;

  constructor() {
    this.refresh = new PacedRefresh({
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

describe("PacedRefresh", () => {
  it("refreshes at once, one at a time, and once more after the last change", async () => {
    const paced = new Paced();
    for (let change = 0; change < 1_000; change += 1) paced.refresh.request();
    expect(paced.startedAt).toEqual([0]);
    await paced.end();
    paced.clock.advance(99);
    expect(paced.startedAt).toEqual([0]);
    paced.clock.advance(1);
    expect(paced.startedAt).toEqual([0, 100]);
    await paced.end();
    paced.clock.advance(100_000);
    expect(paced.startedAt).toEqual([0, 100]);
  });

  it("waits twice as long each time while changes do not cease, at most 30 s", async () => {
    const paced = new Paced();
    paced.refresh.request();
    for (let round = 0; round < 12; round += 1) {
      paced.refresh.request();
      await paced.end();
      paced.clock.advance(30_000);
    }
    const { startedAt } = paced;
    const waits = startedAt.slice(1).map((at, n) => at - (startedAt[n] ?? 0));
    expect(waits.at(-1)).toBe(30_000);
    const fast = new Paced();
    fast.refresh.request();
    for (let at = 0; at < 10_000; at += 10) {
      fast.refresh.request();
      await fast.end();
      fast.clock.advance(10);
    }
    expect(fast.startedAt).toEqual([0, 100, 310, 720, 1_530, 3_140, 6_350].map(near));
  });

  it("refreshes at once again after a quiet time", async () => {
    const paced = new Paced();
    paced.refresh.request();
    paced.refresh.request();
    await paced.end();
    paced.clock.advance(100);
    await paced.end();
    paced.clock.advance(400);
    paced.refresh.request();
    expect(paced.startedAt).toEqual([0, 100, 500]);
    await paced.end();
    // It was quiet for long enough: the wait begins small again.
    paced.refresh.request();
    paced.clock.advance(100);
    expect(paced.startedAt).toEqual([0, 100, 500, 600]);
  });

  it("tries again later what could not be done", async () => {
    const paced = new Paced();
    paced.refresh.request();
    await paced.end(false);
    paced.clock.advance(100);
    expect(paced.startedAt).toEqual([0, 100]);
    await paced.end(true);
    paced.clock.advance(100_000);
    expect(paced.startedAt).toEqual([0, 100]);
  });

  it("leaves no timer when it is stopped, and begins nothing", async () => {
    const paced = new Paced();
    paced.refresh.request();
    paced.refresh.request();
    await paced.end();
    paced.refresh.stop();
    paced.refresh.request();
    paced.clock.advance(100_000);
    expect(paced.startedAt).toEqual([0]);
  });
});

/** Changes come every 10 ms here, so that a wait may be that much longer. */
function near(at: number): unknown {
  return expect.toSatisfy((given: number) => Math.abs(given - at) <= 70);
}
