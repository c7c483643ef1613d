import inspector from "node:inspector";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MISSED_MAX, startHeartbeat } from "../../src/hosts/heartbeat.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

vi.mock("node:inspector", { spy: true });

/** A clock whose timers run when the test says so, however late. */
class LateClock extends ManualClock {
  /** The process stood still: time has gone on, and what is due runs only now. */
  standStill(ms: number): void {
    this.#skew += ms;
  }
  #skew = 0;
  override now(): number {
    return super.now() + this.#skew;
  }
}

const begin = (graceMs = 400) => {
  const clock = new LateClock();
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
    onCondemned: () => told.push("condemned"),
  });
  const check = (times: number): void => {
    for (let n = 0; n < times; n += 1) clock.advance(100);
  };
  const beat = (times: number): void => {
    for (let n = 0; n < times; n += 1) {
      host.beats += 2;
      check(1);
    }
  };
  return { clock, told, host, heartbeat, check, beat };
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
    check(MISSED_MAX - 1);
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
  ])("with a grace of %i ms is condemned %i checks after that, once", (graceMs, checks) => {
    const { told, check } = begin(graceMs);
    check(MISSED_MAX + checks - 1);
    expect(told).toEqual(["suspect"]);
    check(1);
    expect(told).toEqual(["suspect", "condemned"]);
    check(100);
    expect(told).toEqual(["suspect", "condemned"]);
  });

  it("that beats within its grace is ready again, and has the whole grace the next time", () => {
    const { told, beat, check } = begin();
    check(MISSED_MAX + 3);
    beat(1);
    expect(told).toEqual(["suspect", "ready"]);
    check(MISSED_MAX + 3);
    expect(told).toEqual(["suspect", "ready", "suspect"]);
    check(1);
    expect(told).toEqual(["suspect", "ready", "suspect", "condemned"]);
  });
});

describe("a check that does not come on time", () => {
  it("counts for nothing, however many there are", () => {
    const { clock, told, check } = begin();
    for (let n = 0; n < 100; n += 1) {
      clock.standStill(51);
      check(1);
    }
    expect(told).toEqual([]);
  });

  it("up to half a heartbeat late counts", () => {
    const { clock, told, check } = begin();
    for (let n = 0; n < MISSED_MAX; n += 1) {
      clock.standStill(50);
      check(1);
    }
    expect(told).toEqual(["suspect"]);
  });

  it("condemns nobody after a sleep of an hour, in which nothing beat", () => {
    const { clock, told, beat, check } = begin();
    beat(3);
    check(MISSED_MAX - 1);
    clock.standStill(3_600_000);
    check(1);
    beat(10);
    expect(told).toEqual([]);
  });

  it("sees a beat all the same", () => {
    const { clock, told, host, check } = begin();
    check(MISSED_MAX);
    host.beats += 1;
    clock.standStill(1_000);
    check(1);
    expect(told).toEqual(["suspect", "ready"]);
  });
});

describe("a silence", () => {
  it("while a module is checked means nothing", () => {
    const { told, host, check } = begin();
    host.excused = true;
    check(100);
    host.excused = false;
    check(MISSED_MAX - 1);
    expect(told).toEqual([]);
  });

  it("while a debugger is attached means nothing", () => {
    const attached = vi.spyOn(inspector, "url").mockReturnValue("ws://127.0.0.1:9229/x");
    const { told, check } = begin();
    check(100);
    expect(told).toEqual([]);
    attached.mockReturnValue(undefined);
    check(MISSED_MAX);
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
    const condemned = begin(0);
    condemned.check(100);
    expect(condemned.clock.armed).toBe(0);
  });
});
