import { describe, expect, it } from "vitest";
import {
  createBudget,
  decideBudget,
  isTimeZone,
  restoreBudget,
  saveBudget,
} from "../../machines/budget/budget.ts";
import { zonedWindowEnd } from "../../machines/budget/zone.ts";

const hour = 3_600_000;
const day = 24 * hour;
const at = (time: string) => Date.parse(`${time}Z`);

describe("a day of a zone", () => {
  it.each([
    ["Europe/Berlin", "2026-01-14T23:00", "2026-01-15T23:00", 24],
    ["Europe/Berlin", "2026-03-28T23:00", "2026-03-29T22:00", 23],
    ["Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00", 25],
    ["America/New_York", "2026-03-08T05:00", "2026-03-09T04:00", 23],
    ["Asia/Kathmandu", "2026-03-28T18:15", "2026-03-29T18:15", 24],
    ["Pacific/Kiritimati", "2026-01-01T10:00", "2026-01-02T10:00", 24],
    ["Pacific/Pago_Pago", "2026-01-01T11:00", "2026-01-02T11:00", 24],
    ["Australia/Lord_Howe", "2026-04-04T13:00", "2026-04-05T13:30", 24.5],
    ["UTC", "2026-02-28T00:00", "2026-03-01T00:00", 24],
    // Their midnight does not exist when clocks are set forward: the day begins at one o'clock.
    ["America/Santiago", "2026-09-05T04:00", "2026-09-06T04:00", 24],
    ["America/Santiago", "2026-09-06T04:00", "2026-09-07T03:00", 23],
    ["Africa/Cairo", "2026-04-23T22:00", "2026-04-24T21:00", 23],
    ["Asia/Beirut", "2026-03-28T22:00", "2026-03-29T21:00", 23],
    ["America/Havana", "2026-03-08T05:00", "2026-03-09T04:00", 23],
    // Set back from midnight, this evening is shown twice.
    ["America/Sao_Paulo", "2018-02-17T02:00", "2018-02-18T03:00", 25],
    // It crossed the date line, and had no 30 December.
    ["Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00", 24],
  ])("of %s from %s lasts until %s, %d hours", (zone, from, to, hours) => {
    const [begin, end] = [at(from), at(to)];
    expect(end - begin).toBe(hours * hour);
    expect(zonedWindowEnd(1, zone, begin - 1)).toBe(begin);
    for (const now of [begin, begin + hour, end - 1])
      expect(zonedWindowEnd(1, zone, now)).toBe(end);
    expect(zonedWindowEnd(1, zone, end)).toBeGreaterThan(end);
  });

  it("lasts until its second evening where clocks are set back after midnight", () => {
    const [first, second] = [at("2006-10-29T02:30"), at("2006-10-29T03:30")];
    for (let now = first - day; now < second + day; now += 60_000) {
      const end = zonedWindowEnd(1, "America/St_Johns", now);
      expect(end).toBeGreaterThan(now);
      expect(end - now).toBeLessThanOrEqual(25 * hour);
    }
  });

  it("turns once for each day of ten years, wherever one begins to look", () => {
    for (const zone of ["America/Santiago", "Africa/Cairo", "Europe/Berlin", "Asia/Tokyo"]) {
      let turns = 0;
      const [begin, end] = [at("2024-01-01T12:00"), at("2034-01-01T12:00")];
      for (let now = zonedWindowEnd(1, zone, begin); now <= end; turns++) {
        const next = zonedWindowEnd(1, zone, now);
        expect([23, 24, 25]).toContain((next - now) / hour);
        now = next;
      }
      expect(turns).toBe((end - begin) / day);
    }
  });

  it("is one of several that are counted from 1970-01-01 of its calendar", () => {
    // Day 20,454, which 2026-01-01 is, is a multiple of 7.
    const [begin, end] = [at("2025-12-31T23:00"), at("2026-01-07T23:00")];
    expect((Date.UTC(2026, 0, 1) / day) % 7).toBe(0);
    for (const now of [begin, begin + 3 * day, end - 1]) {
      expect(zonedWindowEnd(7, "Europe/Berlin", now)).toBe(end);
    }
    expect(zonedWindowEnd(7, "Europe/Berlin", begin - 1)).toBe(begin);
    expect(zonedWindowEnd(2, "America/New_York", 0)).toBe(5 * hour);
    expect(zonedWindowEnd(2, "Asia/Tokyo", 0)).toBe(2 * day - 9 * hour);
  });
});

it.each([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["", false],
  ["Europe/Nowhere", false],
  ["+02:00", false],
  [null, false],
  [undefined, false],
  [60, false],
])("%o is a zone: %s", (zone, is) => {
  expect(isTimeZone(zone)).toBe(is);
});

describe("budget: a window of a zone", () => {
  const windows = [{ everyMs: day, timeZone: "Europe/Berlin", ceilings: { toolCalls: 1 } }];
  const began = at("2026-03-28T23:00");
  const ends = at("2026-03-29T22:00");

  it("turns at its midnight, also when it was saved and restored", () => {
    const before = createBudget({ path: "/", now: began, windows });
    expect(before.turnsAt).toBe(ends);
    const state = restoreBudget(JSON.parse(JSON.stringify(saveBudget(before))));
    expect(saveBudget(state)).toEqual(saveBudget(before));
    for (const one of [before, state]) {
      const ask = (key: string) => {
        const amounts = { toolCalls: 1 };
        return decideBudget(one, { type: "reserve", key, account: "/", amounts });
      };
      expect(ask("1").status).toBe("granted");
      expect(ask("2")).toMatchObject({ status: "refused", bound: "window", retryAt: ends });
      decideBudget(one, { type: "time", now: ends - 1 });
      expect(ask("3").status).toBe("refused");
      decideBudget(one, { type: "time", now: ends });
      expect(ask("4").status).toBe("granted");
      expect(one.turnsAt).toBe(ends + day);
    }
  });

  it("is of whole days", () => {
    const half = windows.map((window) => ({ ...window, everyMs: 12 * hour }));
    expect(() => createBudget({ path: "/", windows: half })).toThrow(RangeError);
  });
});
