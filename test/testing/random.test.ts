import { describe, expect, it } from "vitest";
import { Random } from "../../src/testing/random.ts";

const numbers = (random: Random): number[] => Array.from({ length: 200 }, () => random.next());

describe("a seeded generator", () => {
  it("gives the same numbers for the same seed and others for the next seed", () => {
    expect(numbers(new Random(7))).toEqual(numbers(new Random(7)));
    const both = new Set([...numbers(new Random(7)), ...numbers(new Random(8))]);
    expect(both.size).toBe(400);
  });

  it("tells seeds apart that differ only beyond 32 bits", () => {
    expect(numbers(new Random(1))).not.toEqual(numbers(new Random(1 + 2 ** 32)));
  });

  it("spreads its numbers evenly from 0 to below 1", () => {
    const random = new Random(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let drawn = 0; drawn < 10_000; drawn += 1) {
      const tenth = Math.floor(random.next() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it("draws whole numbers with both ends, never beyond", () => {
    const random = new Random(2);
    const drawn = new Set(Array.from({ length: 300 }, () => random.between(3, 5)));
    expect([...drawn].sort()).toEqual([3, 4, 5]);
    expect(random.between(4, 4)).toBe(4);
  });

  it("never does what has chance 0 and always what has chance 1", () => {
    const random = new Random(3);
    for (let drawn = 0; drawn < 300; drawn += 1) {
      expect(random.chance(0)).toBe(false);
      expect(random.chance(1)).toBe(true);
    }
  });

  it("forks into one whose numbers do not depend on what is drawn later", () => {
    const [one, other] = [new Random(4), new Random(4)];
    const [first, second] = [one.fork(), other.fork()];
    numbers(one);
    expect(numbers(first)).toEqual(numbers(second));
  });
});
