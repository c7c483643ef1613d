import { describe, expect, it } from "vitest";
import { DEFAULT_INTENSITY, RestartIntensity } from "../../src/kernel/restart-intensity.ts";
import type { Intensity } from "../../src/wire/spec.ts";

function waits(intensity: RestartIntensity, times: readonly number[], chance = 0) {
  return times.map((at) => intensity.add(at, chance)?.delayMs);
}

describe("restart intensity", () => {
  it.each([0, 1, 3])("allows %i restarts in its window, and not one more", (maxRestarts) => {
    const intensity = new RestartIntensity({ maxRestarts, withinMs: 1_000 });
    const granted = waits(intensity, Array(maxRestarts + 2).fill(0));
    expect(granted.filter((delay) => delay !== undefined)).toHaveLength(maxRestarts);
    expect(granted.slice(maxRestarts)).toEqual([undefined, undefined]);
  });

  it("slides its window: a restart counts until exactly `withinMs` have passed", () => {
    const intensity = new RestartIntensity({ maxRestarts: 1, withinMs: 1_000 });
    expect(intensity.add(0, 0)).toBeDefined();
    expect(intensity.add(999, 0)).toBeUndefined();
    expect(intensity.add(1_000, 0)).toBeDefined();
  });

  it("waits twice as long each time, up to the longest, and short again in a new window", () => {
    const rule = { maxRestarts: 9, withinMs: 1_000, backoffMs: 100, maxBackoffMs: 500 };
    const intensity = new RestartIntensity(rule);
    expect(waits(intensity, [0, 0, 0, 0, 0])).toEqual([100, 200, 400, 500, 500]);
    expect(waits(intensity, [1_000])).toEqual([100]);
  });

  it("waits as by default where a wait is said to be undefined, as plain JavaScript can", () => {
    const rule = { maxRestarts: 9, withinMs: 1_000, backoffMs: undefined, maxBackoffMs: undefined };
    const intensity = new RestartIntensity(rule as unknown as Intensity);
    expect(waits(intensity, [0, 0, 0])).toEqual([200, 400, 800]);
  });

  it("never waits where it is told not to, however often", () => {
    const intensity = new RestartIntensity({ maxRestarts: 2_000, withinMs: 1_000, backoffMs: 0 });
    expect(new Set(waits(intensity, Array(2_000).fill(0)))).toEqual(new Set([0]));
  });

  it("takes up to half of the wait away by chance, which is an argument", () => {
    const rule = { maxRestarts: 9, withinMs: 1_000, backoffMs: 100 };
    expect(waits(new RestartIntensity(rule), [0], 0)).toEqual([100]);
    expect(waits(new RestartIntensity(rule), [0], 0.5)).toEqual([75]);
    expect(waits(new RestartIntensity(rule), [0], 0.999_999)).toEqual([50]);
  });

  it("is three in a minute, after 200 ms to 10 s, where nothing is said", () => {
    expect(DEFAULT_INTENSITY).toEqual({
      maxRestarts: 3,
      withinMs: 60_000,
      backoffMs: 200,
      maxBackoffMs: 10_000,
    });
    expect(new RestartIntensity(undefined).rule).toEqual(DEFAULT_INTENSITY);
  });
});
