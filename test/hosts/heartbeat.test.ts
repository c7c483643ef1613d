import inspector from "node:inspector";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MAX_MISSED, startHeartbeat } from "../../src/hosts/heartbeat.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

vi.mock("node:inspector", { spy: true });

const begin = (graceMs = 400) => {
  const clock = new ManualClock();
  const told: string[] = [];
  const host = { beats: 0, excused: false };
  const heartbeat = startHeartbeat({
    heartbeatMs: 100,
    graceMs,
    clock,
    readBeat: () => host.beats,
    excused: () => host.excused,
    onMissed: () => told.push("suspect"),
    onSeen: () => told.push("ready"),
    onSilent: () => told.push("terminating"),
  });
  const check = (times: number): void => {
    for (let n = 0; n < times; n += 1) clock.advance(100);
  };
  /** The process stood still until a check came late by so much. */
  const checkLate = (ms: number): void => {
    clock.standStill(100 + ms);
    clock.advance(0);
  };
  const beat = (times: number): void => {
    for (let n = 0; n < times; n += 1) {
      host.beats += 2;
      check(1);
    }
  };
  return { clock, told, host, heartbeat, check, checkLate, beat };
};

afterEach(() => vi.restoreAllMocks());

describe("a heart", () => {
  it("that beats is never suspect", () => {
    const { told, beat } = begin();
    beat(1_000);
    expect(told).toEqual([]);
  });

  it("is suspect at the third silent check, not at the second", () => {
    const { told, beat, check } = begin();
    beat(5);
    check(MAX_MISSED - 1);
    expect(told).toEqual([]);
    check(1);
    expect(told).toEqual(["suspect"]);
  });

  it("that missed two checks begins to count anew with its next beat", () => {
    const { told, beat, check } = begin();
    for (let n = 0; n < 10; n += 1) {
      check(2);
      beat(1);
    }
    expect(told).toEqual([]);
  });

  it.each([
    [400, 4],
    [401, 5],
    [1, 1],
    [0, 1],
  ])("with a grace of %i ms is terminated %i checks after that, once", (graceMs, checks) => {
    const { told, check } = begin(graceMs);
    check(MAX_MISSED + checks - 1);
    expect(told).toEqual(["suspect"]);
    check(1);
    expect(told).toEqual(["suspect", "terminating"]);
    check(100);
    expect(told).toEqual(["suspect", "terminating"]);
  });

  it("that beats within its grace is ready again, and has the whole grace the next time", () => {
    const { told, beat, check } = begin();
    check(MAX_MISSED + 3);
    beat(1);
    expect(told).toEqual(["suspect", "ready"]);
    check(MAX_MISSED + 3);
    expect(told).toEqual(["suspect", "ready", "suspect"]);
    check(1);
    expect(told).toEqual(["suspect", "ready", "suspect", "terminating"]);
  });
});

describe("a check that does not come on time", () => {
  it("counts for nothing, however many there are", () => {
    const { told, checkLate } = begin();
    for (let n = 0; n < 100; n += 1) checkLate(51);
    expect(told).toEqual([]);
  });

  it("up to half a heartbeat late counts", () => {
    const { told, checkLate } = begin();
    for (let n = 0; n < MAX_MISSED; n += 1) checkLate(50);
    expect(told).toEqual(["suspect"]);
  });

  it("terminates nothing after a sleep of an hour, in which nothing beat", () => {
    const { told, beat, check, checkLate } = begin();
    beat(3);
    check(MAX_MISSED - 1);
    checkLate(3_600_000);
    beat(10);
    expect(told).toEqual([]);
  });

  it("sees a beat all the same", () => {
    const { told, host, check, checkLate } = begin();
    check(MAX_MISSED);
    host.beats += 1;
    checkLate(1_000);
    expect(told).toEqual(["suspect", "ready"]);
  });
});

describe("a silence", () => {
  it("while a module is checked means nothing", () => {
    const { told, host, check } = begin();
    host.excused = true;
    check(100);
    host.excused = false;
    check(MAX_MISSED - 1);
    expect(told).toEqual([]);
  });

  it("while a debugger is attached means nothing", () => {
    const attached = vi.spyOn(inspector, "url").mockReturnValue("ws://127.0.0.1:9229/x");
    const { told, check } = begin();
    check(100);
    expect(told).toEqual([]);
    attached.mockReturnValue(undefined);
    check(MAX_MISSED);
    expect(told).toEqual(["suspect"]);
  });
});

describe("a heartbeat that was stopped", () => {
  it("leaves no timer behind, also within its own tidings", () => {
    const { clock, heartbeat, check } = begin();
    check(1);
    heartbeat.stop();
    heartbeat.stop();
    expect(clock.armed).toBe(0);
    const terminating = begin(0);
    terminating.check(100);
    expect(terminating.clock.armed).toBe(0);
  });
});
