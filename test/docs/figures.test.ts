import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { spreadOf, verdict } from "../bench/figure.ts";
import type { Result } from "../bench/peers/contest.ts";
import type { Contestant } from "../bench/peers/contestants.ts";
import { type Contests, goalsOf, standingsOf } from "../bench/peers/goals.ts";
import { Adder } from "../bench/peers/peer.ts";
import { type Figures, type Recorded, reasonOf } from "../bench/recorded.ts";
import { renderChart } from "../bench/table/chart.ts";
import { countMet, goalsTable } from "../bench/table/goals-table.ts";
import { between, FIGURES_FILE, PAGES } from "../bench/table/pages.ts";
import { performanceBlock } from "../bench/table/performance-block.ts";
import { readmeBlock } from "../bench/table/readme-block.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const committed = JSON.parse(read(FIGURES_FILE)) as Figures;
const spread = (median: number) => ({ p10: median * 0.9, median, p90: median * 1.1 });
const samples = (us: number) => [1, 2, 3].map((n) => ({ us: us * n, cpuUs: us * n * 2 }));

const contests: Contests = {
  many: new Map<Contestant, Result>([
    ["coppice-2", samples(10)],
    ["coppice-0", samples(20)],
    ["vercel", samples(50)],
    ["langgraph", { failed: "<no> & out" }],
  ]),
  one: new Map<Contestant, Result>([
    ["coppice-1", samples(50)],
    ["port", samples(25)],
  ]),
};
const figures: Figures = {
  node: "24.0.0",
  cores: 2,
  load: 0.5,
  day: "2026-01-02",
  isShort: false,
  standings: standingsOf(contests, (one) => (one.startsWith("coppice") ? null : "1.2")),
  goals: goalsOf(contests),
};

it.each(PAGES)("%s is made of the figures that are kept", (path, render) => {
  expect(read(path)).toBe(render(committed, () => read(path)));
});

describe("a goal", () => {
  it.each([
    [10, { most: 10 }, "met"],
    [10.01, { most: 10 }, "missed by a factor of 1.01"],
    [20, { most: 10 }, "missed by a factor of 2.0"],
    [4, { least: 4 }, "met"],
    [3.99, { least: 4 }, "missed by a factor of 1.01"],
    [1, { least: 4 }, "missed by a factor of 4.0"],
    [0, { least: 4 }, "missed"],
    [Number.NaN, { least: 4 }, "missed"],
  ])("with %d found of %j is %s", (found, target, said) => {
    expect(verdict(found, target)).toBe(said);
  });

  it("compares each round with the same round of the other", () => {
    const ours = [1, 10, 100].map((us) => ({ us, cpuUs: us }));
    const theirs = [4, 40, 400].map((us) => ({ us, cpuUs: us }));
    const many = new Map<Contestant, Result>([
      ["coppice-2", ours],
      ["vercel", theirs],
    ]);
    const [turns] = goalsOf({ many, one: new Map() });
    expect(turns).toMatchObject({ name: "turns-vercel", found: { p10: 4, median: 4, p90: 4 } });
  });

  it("on a thread is of the bare port's round trip and 25 us", () => {
    const goal = figures.goals.find(({ name }) => name === "one-thread");
    expect(goal?.found).toEqual({ p10: 1, median: 100 / 75, p90: 150 / 100 });
  });
});

it("the middle, the tenth and the ninetieth percentile are of the sorted rounds", () => {
  const found = Array.from({ length: 11 }, (_, n) => (n * 7) % 11);
  expect(spreadOf(found)).toEqual({ p10: 1, median: 5, p90: 9 });
  expect(spreadOf([3])).toEqual({ p10: 3, median: 3, p90: 3 });
});

it("a library that failed is named, and costs only its own lines", () => {
  const text = performanceBlock(figures);
  expect(text).toContain("| LangGraph 1.2 | not measured: <no> & out | | |");
  expect(text).toContain("| Vercel AI SDK 1.2 | 10,000 | 100 (50 to 150) | 200 (100 to 300) |");
  const lines = goalsTable(figures.goals).split("\n");
  expect(lines.find((line) => line.includes("/ LangGraph"))).toContain(
    "| not measured: <no> & out | at least 20: open |",
  );
  expect(lines.find((line) => line.includes("/ Vercel"))).toContain(
    "| 5 x (5 to 5) | at least 4: met |",
  );
});

it("what was not measured is not met", () => {
  const goal: Recorded = { name: "a", what: "", unit: "", target: { most: 1 }, found: spread(1) };
  expect(countMet([goal])).toBe("1 of 1 goals are met");
  expect(countMet([goal, { ...goal, found: { failed: "no" } }])).toBe("1 of 2 goals are met");
  expect(countMet([{ ...goal, found: spread(1.1) }])).toBe("0 of 1 goals are met");
});

it("the README has a table of at most eight lines", () => {
  const lines = readmeBlock(committed).split("\n");
  expect(lines.filter((line) => line.startsWith("|"))).toHaveLength(8);
});

it("a short run says that it is one", () => {
  expect(readmeBlock({ ...figures, isShort: true })).toContain("in few rounds");
  expect(readmeBlock(figures)).not.toContain("in few rounds");
});

describe("the chart", () => {
  const chart = renderChart(figures);
  const widths = [...chart.matchAll(/class="(?:ours|theirs)" x="210" y="\d+" width="(\d+)"/g)];

  it("has a bar as long as its rate, and none for who failed", () => {
    const [two = 0, none = 0, vercel = 0, ...others] = widths.map(([, width]) => Number(width));
    expect(others).toEqual([]);
    expect(two / none).toBeCloseTo(2, 1);
    expect(two / vercel).toBeCloseTo(5, 1);
    expect(chart).toContain("not measured</text>");
  });

  it("is 600 pixels wide, and nothing stands outside", () => {
    expect(chart).toContain('viewBox="0 0 600 ');
    const ends = [...chart.matchAll(/H(\d+)"/g)].map(([, end]) => Number(end));
    // Behind the longest line is room for a figure.
    expect(Math.max(...ends)).toBeLessThanOrEqual(500);
  });

  it("has letters of 12 pixels, colours for light and dark, and words for screen readers", () => {
    const sizes = [...chart.matchAll(/(\d+)px/g)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(12);
    expect(chart).toContain("@media (prefers-color-scheme: dark)");
    expect(chart).toContain('role="img" aria-labelledby="title desc"');
    expect(chart).toMatch(/<desc id="desc">Turns per second.* Coppice, 2 threads 50,000,/);
  });

  it("is XML whatever the names are", () => {
    const [one] = figures.standings;
    const standings = [{ ...one, name: "<&>" } as typeof one & object];
    expect(renderChart({ ...figures, standings })).toContain(">&lt;&amp;&gt;</text>");
  });
});

it("a page without its two marks is refused and stays as it is", () => {
  const [begin, end] = ["<!-- made by `npm run bench:table` -->", "<!-- end of what it makes -->"];
  expect(between(`a\n${begin}\nold\n${end}\nz\n`, "new")).toBe(`a\n${begin}\n\nnew\n\n${end}\nz\n`);
  for (const page of ["", `${begin}\n`, `${end}${begin}\n`, `${begin}\n${end}${begin}\n${end}`]) {
    expect(() => between(page, "new")).toThrow("must have one");
  }
});

it("a reason is one line without the folders of a machine", () => {
  const error = new Error("Cannot find 'ai' imported | from /some/folder/of/mine.ts\n at x");
  expect(reasonOf(error)).toBe("Cannot find 'ai' imported / from mine.ts");
  expect(reasonOf("x".repeat(201))).toHaveLength(200);
});

it("a run that did not call its tool twenty times, or ended otherwise, fails the bench", () => {
  const adder = new Adder();
  const add = (times: number) => {
    for (let n = 0; n < times; n += 1) adder.add(1, 2);
  };
  add(40);
  adder.expect([
    { calls: 20, said: "done" },
    { calls: 20, said: "done" },
  ]);
  add(20);
  expect(() => adder.expect([{ calls: 19, said: "done" }])).toThrow('{"calls":19');
  add(20);
  expect(() => adder.expect([{ calls: 20, said: "sorry" }])).toThrow("sorry");
  add(19);
  expect(() => adder.expect([{ calls: 20, said: "done" }])).toThrow("19 calls instead of 20");
});
