import { describe, expect, it } from "vitest";
import { Deadlines } from "../../src/kernel/deadlines.ts";
import fc from "../fixtures/properties.ts";
import { Driver } from "./driver.ts";

it("takes what is due, earliest first", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100 })), fc.nat({ max: 100 }), (all, now) => {
      const deadlines = new Deadlines<number>(() => true);
      for (const at of all) deadlines.add(at, at);
      const sorted = all.toSorted((a, b) => a - b);
      expect(deadlines.next).toBe(sorted[0]);
      expect(deadlines.take(now)).toEqual(sorted.filter((at) => at <= now));
      expect(deadlines.next).toBe(sorted.find((at) => at > now));
    }),
  );
});

it("does not pile up what is no longer live, and keeps what is", () => {
  const live = new Set<number>();
  const deadlines = new Deadlines<number>((what) => live.has(what));
  for (let count = 0; count < 10_000; count += 1) {
    if (count % 100 === 0) live.add(count);
    deadlines.add(1_000_000 - count, count);
  }
  expect(deadlines.size).toBeLessThanOrEqual(2_048);
  const kept = deadlines.take(1_000_000).filter((what) => live.has(what));
  expect(kept.toSorted((a, b) => a - b)).toEqual([...live]);
});

describe("an agent's time", () => {
  it("begins at its start, and what is left below it ends with it", () => {
    const driver = new Driver({ concurrency: 1 });
    const first = driver.spawn();
    const node = driver.spawn(driver.root, { timeoutMs: 100 });
    driver.now = 1_000;
    driver.complete(first);
    const child = driver.spawn(node);
    driver.tick(1_099);
    expect(node.ending).toBeUndefined();
    driver.tick(1_100);
    expect(node.ending).toMatchObject({ status: "timed-out" });
    expect(child.end).toEqual({ status: "cancelled", reason: "parent-ended" });
    driver.ended(node);
    expect(node.end).toEqual({ status: "timed-out" });
  });

  it("is capped by that of its ancestors", () => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { timeoutMs: 100 });
    const child = driver.spawn(lead, { timeoutMs: 500 });
    const grandchild = driver.spawn(child);
    driver.tick(100);
    for (const { ending } of [child, grandchild]) {
      expect(ending).toEqual({ status: "cancelled", reason: "parent-ended" });
    }
  });

  it("is its own where that of its ancestors was put off for a person", () => {
    const driver = new Driver();
    const lead = driver.spawn(driver.root, { timeoutMs: 100 });
    const asking = driver.spawn(lead);
    const callId = driver.ask(asking, { type: "tool", tool: "t", input: null });
    driver.do((kernel) => kernel.awaitAnswer(asking, callId, { id: "q", until: 9_000 }));
    const child = driver.spawn(lead, { timeoutMs: 450 });
    driver.now = 400;
    driver.do((kernel) => kernel.endAnswer(asking));
    driver.tick(449);
    expect([lead.ending, child.ending]).toEqual([undefined, undefined]);
    driver.tick(450);
    expect(child.ending).toMatchObject({ status: "timed-out" });
  });

  it("is forgotten when the agent ends before it", () => {
    const driver = new Driver();
    for (let count = 0; count < 5_000; count += 1) {
      driver.complete(driver.spawn(driver.root, { timeoutMs: 3_600_000 }));
    }
    expect(driver.kernel.tree.deadlines.size).toBeLessThanOrEqual(2_048);
    driver.tick(3_600_000);
    expect(driver.of("ended")).toHaveLength(5_000);
  });
});
