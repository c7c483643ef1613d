import { describe, expect, it } from "vitest";
import { createBackOff } from "../../src/hosts/back-off.ts";

describe("the back-off of new hosts", () => {
  const delaysAfter = (ages: readonly number[]): number[] => {
    const backOff = createBackOff();
    return ages.map((age) => {
      backOff.died(age);
      return backOff.delayMs();
    });
  };

  it("costs nothing for three early deaths, then doubles up to ten seconds", () => {
    const expected = [0, 0, 0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
    expect(delaysAfter(expected.map(() => 999))).toEqual(expected);
  });

  it("is cleared by a host that lived for a second", () => {
    expect(delaysAfter([0, 0, 0, 0, 1_000, 0])).toEqual([0, 0, 0, 100, 0, 0]);
  });

  it("stays finite in a very long row", () => {
    expect(delaysAfter(Array.from({ length: 5_000 }, () => 0)).at(-1)).toBe(10_000);
  });
});
