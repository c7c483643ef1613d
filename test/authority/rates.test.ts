import { describe, expect, it } from "vitest";
import { type RateOptions, Rates } from "../../src/authority/rates.ts";
import { CoppiceError } from "../../src/errors.ts";
import fc from "../fixtures/properties.ts";

const ask = (rates: Rates, now: number, ...subjects: string[]) =>
  subjects.map((subject, n) => rates.admit(`${now}.${n}`, subject, now).status);
const times = (count: number, subject: string) => Array.from({ length: count }, () => subject);

describe("a rate", () => {
  it("lets its burst through at once, and then one after each share of a second", () => {
    const rates = new Rates({ "tool:*": { perSecond: 4, burst: 3 } });
    const answers = ask(rates, 1_000, ...times(5, "tool:a"));
    expect(answers).toEqual(["granted", "granted", "granted", "waiting", "waiting"]);
    expect([rates.waiting, rates.next]).toEqual([2, 1_250]);
    expect(rates.take(1_249)).toEqual([]);
    expect(rates.take(1_250)).toEqual(["1000.3"]);
    expect(rates.take(1_499)).toEqual([]);
    expect(rates.take(1_500)).toEqual(["1000.4"]);
    expect([rates.waiting, rates.next]).toEqual([0, undefined]);
    expect(ask(rates, 2_250, ...times(4, "tool:a"))).toEqual([...times(3, "granted"), "waiting"]);
  });

  it.each([
    [10, 10],
    [0.5, 1],
    [2.5, 3],
  ])("of %d lets %i through at once where no burst is given", (perSecond, burst) => {
    const rates = new Rates({ "tool:a": { perSecond } });
    const answers = ask(rates, 5, ...times(burst + 1, "tool:a"));
    expect(answers.filter((status) => status === "granted")).toHaveLength(burst);
    expect(rates.next).toBe(5 + 1_000 / perSecond);
  });

  it("is shared by what its pattern matches, and nothing else waits for it", () => {
    const rates = new Rates({ "tool:fs/*": { perSecond: 1 }, "model:x": { perSecond: 1 } });
    const answers = ask(rates, 0, "tool:fs/a", "tool:fs/b", "tool:fsx", "model:x", "model:y");
    expect(answers).toEqual(["granted", "waiting", "granted", "granted", "granted"]);
  });

  it("holds with every other that matches, and takes of none while it waits", () => {
    const rates = new Rates({ "tool:*": { perSecond: 1, burst: 3 }, "tool:a": { perSecond: 1 } });
    const answers = ask(rates, 0, "tool:a", "tool:a", "tool:b");
    // The third is younger than the second, which stands before it for their common rate.
    expect(answers).toEqual(["granted", "waiting", "waiting"]);
    rates.withdraw("0.1");
    expect(rates.take(0)).toEqual(["0.2"]);
    expect(ask(rates, 0, "tool:c", "tool:c")).toEqual(["granted", "waiting"]);
  });

  it.each([0, 2])("lets %i wait and refuses one more", (queue) => {
    const rates = new Rates({ "tool:a": { perSecond: 1, queue } });
    const answers = ask(rates, 0, ...times(queue + 2, "tool:a"));
    expect(answers).toEqual(["granted", ...times(queue, "waiting"), "refused"]);
    const answer = rates.admit("k", "tool:a", 0);
    expect(answer).toMatchObject({ error: { code: "QUEUE_FULL", details: { queue } } });
  });

  it.each([
    [{ "tool:a": { perSecond: 0 } }, "perSecond"],
    [{ "tool:a": { perSecond: -1 } }, "perSecond"],
    [{ "tool:a": { perSecond: Number.NaN } }, "perSecond"],
    [{ "tool:a": { perSecond: Infinity } }, "perSecond"],
    [{ "tool:a": { perSecond: "1" } }, "perSecond"],
    [{ "tool:a": {} }, "perSecond"],
    [{ "tool:a": { perSecond: 1, burst: 0 } }, "burst"],
    [{ "tool:a": { perSecond: 1, burst: 1.5 } }, "burst"],
    [{ "tool:a": { perSecond: 1, burst: Number.NaN } }, "burst"],
    [{ "tool:a": { perSecond: 1, queue: -1 } }, "queue"],
    [{ "tool:a": { perSecond: 1, most: 1 } }, "most"],
    [{ "spawn:a": { perSecond: 1 } }, "spawn:a"],
    [{ "*": { perSecond: 1 } }, "*"],
    [{ "tool:": { perSecond: 1 } }, "tool:"],
    [{ "tool:a": null }, "tool:a"],
    [[], "rates"],
    [null, "rates"],
  ])("%o is refused, naming %s", (options, named) => {
    let thrown: unknown;
    try {
      new Rates(options as RateOptions);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CoppiceError);
    expect(thrown).toMatchObject({ code: "OPTIONS_INVALID" });
    expect((thrown as CoppiceError).message).toContain(named);
  });
});

const step = fc.oneof(
  fc.record({ do: fc.constant("ask" as const), of: fc.nat(2) }),
  fc.record({ do: fc.constant("withdraw" as const), of: fc.nat(30) }),
  fc.record({ do: fc.constant("pass" as const), of: fc.nat(900) }),
);

it("whatever the order, no rate is exceeded, nobody is passed by, and all get their turn", () => {
  const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const patterns = { "tool:*": [4, 3], "tool:a*": [2, 1], "tool:ab": [1, 2] } as const;
    const given = Object.entries(patterns).map(
      ([pattern, [perSecond, burst]]) => [pattern, { perSecond, burst }] as const,
    );
    const rates = new Rates(Object.fromEntries(given));
    const subjects = ["tool:x", "tool:a", "tool:ab"];
    const gone: { at: number; of: number; n: number }[] = [];
    const asked = new Map<string, { of: number; n: number }>();
    let now = 0;
    const go = (callId: string): void => {
      gone.push({ at: now, ...(asked.get(callId) as { of: number; n: number }) });
      asked.delete(callId);
    };
    steps.forEach((one, n) => {
      if (one.do === "ask") {
        asked.set(`${n}`, { of: one.of, n });
        if (rates.admit(`${n}`, subjects[one.of]!, now).status === "granted") go(`${n}`);
      } else if (one.do === "withdraw") {
        rates.withdraw(`${one.of}`);
        asked.delete(`${one.of}`);
      } else now += one.of;
      rates.take(now).forEach(go);
      expect(rates.next ?? Infinity).toBeGreaterThan(now);
    });
    for (let turns = 0; rates.next !== undefined; turns++) {
      expect(turns).toBeLessThan(200);
      now = rates.next;
      rates.take(now).forEach(go);
    }
    expect(asked.size).toBe(0);
    Object.values(patterns).forEach(([perSecond, burst], least) => {
      const mine = gone.filter(({ of }) => of >= least);
      mine.forEach(({ at }, n) => {
        const within = mine.slice(n).filter((other) => other.at - at < 1_000).length;
        expect(within).toBeLessThanOrEqual(burst + perSecond - 1);
      });
    });
    // Of one subject, first come is first served.
    for (const of of [0, 1, 2]) {
      const order = gone.filter((one) => one.of === of).map(({ n }) => n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });
  fc.assert(property, { numRuns: 300 });
});
