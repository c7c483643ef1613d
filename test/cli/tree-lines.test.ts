import { stripVTControlCharacters } from "node:util";
import type { EventType, Json, RuntimeEvent } from "coppice";
import { describe, expect, it } from "vitest";
import { dollars, duration, short } from "../../src/cli/amounts.ts";
import { costLines } from "../../src/cli/cost-lines.ts";
import { LiveTree } from "../../src/cli/live-tree.ts";
import { isLiveWanted } from "../../src/cli/live-wanted.ts";
import { Screen } from "../../src/cli/screen.ts";
import { cut, cutMiddle, cutStart, toLeft, toRight, widthOf } from "../../src/cli/text-width.ts";
import { treeLines } from "../../src/cli/tree-lines.ts";
import { tallyOf } from "../../src/cli/tree-rows.ts";

type Told = readonly [EventType, string, { readonly [key: string]: Json }?];

function told(...events: readonly Told[]): LiveTree {
  const tree = new LiveTree();
  for (const [type, path, body = {}] of events) {
    tree.apply({ type, path, at: 1_000, seq: 1, ...body } as RuntimeEvent);
  }
  return tree;
}

const when = { now: 63_000, from: 1_000 };
const shape = (columns: number, rows: number) => ({ columns, rows, colours: false });
const usage = { inputTokens: 100, cacheReadTokens: 20, cacheWriteTokens: 3, outputTokens: 7 };
const born = (path: string): readonly Told[] => [
  ["agent.spawned", path],
  ["agent.started", path],
];
const called = (path: string, callId: string, usd: number, model = "a:b"): readonly Told[] => [
  ["model.started", path, { callId, model }],
  ["model.finished", path, { callId, usage, usd, isError: false }],
];
const ended = (path: string, status: string): Told => [
  "agent.stopped",
  path,
  { outcome: { status } },
];

describe("the tree as lines", () => {
  it("has an agent in each line, with what it does, and a total", () => {
    const tree = told(
      ...born("/lead"),
      ["agent.state", "/lead", { state: { acting: "calling" } }],
      ...called("/lead", "1", 0.5),
      ["tool.started", "/lead", { callId: "2", tool: "add" }],
      ["tool.started", "/lead", { callId: "3", tool: "sub" }],
      ...born("/lead/a"),
      ended("/lead/a", "failed"),
      ["agent.spawned", "/lead/b"],
    );
    expect(treeLines(tree.root, when, shape(81, 24))).toEqual([
      "agent                  state      doing              model tools     cost   time",
      "lead                   acting.ca… add +1                 1     2  $0.5000  1m02s",
      "├ a                               failed                 0     0  $0.0000     0s",
      "└ b                               queued                 0     0  $0.0000",
      "3 agents: 1 working, 1 failed, 1 queued                  1     2  $0.5000  1m02s",
    ]);
  });

  const crowd = () => {
    const events: Told[] = [...born("/lead")];
    for (let at = 0; at < 199; at += 1) {
      const path = `/lead/調査員${at}🌳${"x".repeat(at % 40)}`;
      events.push(["agent.spawned", path]);
      if (at < 120) events.push(["agent.started", path], ...called(path, `${path}#1`, 0.01));
      if (at < 100) events.push(ended(path, "completed"));
      else if (at < 110) events.push(["tool.started", path, { callId: `${path}#2`, tool: "dig" }]);
    }
    return told(...events);
  };

  it.each([
    [80, 24],
    [40, 15],
    [200, 50],
    [20, 10],
    [40, 3],
    [10, 2],
    [5, 1],
    [1, 1],
  ])("fits %i columns and %i rows, with everybody in a line or counted", (columns, rows) => {
    const { root } = crowd();
    const lines = treeLines(root, when, shape(columns, rows));
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    for (const line of lines) expect(widthOf(line)).toBeLessThan(Math.max(2, columns));
    const painted = treeLines(root, when, { ...shape(columns, rows), colours: true });
    expect(painted.map(stripVTControlCharacters)).toEqual(lines);
    expect(tallyOf(root)).toMatchObject({ agents: 200, by: { completed: 100, queued: 79 } });
  });

  it("keeps those at work, and counts the finished and the queued", () => {
    const lines = treeLines(crowd().root, when, shape(100, 24)).join("\n");
    expect(lines.match(/^├ .* dig /gm)?.length).toBeGreaterThan(4);
    expect(lines).not.toMatch(/^├ .* (queued|completed) /m);
    expect(lines).toMatch(/└ \+1\d\d agents: .*79 queued, 100 completed/);
    expect(lines).toMatch(/200 agents: .*\$1\.2000/);
  });

  it("keeps the busiest and the newest of those at work", () => {
    const events: Told[] = [];
    for (let at = 0; at < 50; at += 1) events.push(...born(`/a${at}`));
    for (let at = 0; at < 9; at += 1) events.push(...called("/a7", `7.${at}`, 0));
    const lines = treeLines(told(...events).root, when, shape(80, 10)).join("\n");
    expect(lines).toMatch(/^a7 /m);
    expect(lines).toMatch(/^a49 /m);
    expect(lines).not.toMatch(/^a20 /m);
  });

  it("shows a child with the ancestors it hangs on", () => {
    const deep = ["/a", "/a/b", "/a/b/c", "/a/b/c/d"].flatMap(born);
    const idle = Array.from({ length: 30 }, (_, at): Told => ["agent.spawned", `/z${at}`]);
    const work: Told = ["tool.started", "/a/b/c/d", { callId: "1", tool: "dig" }];
    const lines = treeLines(told(...idle, ...deep, work).root, when, shape(80, 12));
    expect(lines.slice(1, 9).map((line) => line.slice(0, 10).trimEnd())).toEqual(
      expect.arrayContaining(["a", "└ b", "  └ c", "    └ d"]),
    );
  });

  it("says what the supervisor knows and no event tells", () => {
    const tree = told(...born("/lead"), ["agent.spawned", "/gone"]);
    const node = { name: "", depth: 0, incarnation: 1, usage: {} as never, children: [] };
    const lead = { ...node, path: "/lead", status: "waiting", waitsFor: "approval" } as const;
    const gone = { ...node, path: "/gone", status: "stopped", outcome: "killed" } as const;
    const missed = { ...node, path: "/missed", status: "paused" } as const;
    tree.look({ ...node, path: "/", status: "running", children: [lead, gone, missed] }, 2_000);
    const lines = treeLines(tree.root, when, shape(80, 24));
    expect(lines[1]).toMatch(/^lead .*waits approval/);
    expect(lines[2]).toMatch(/^gone .*killed/);
    expect(lines[3]).toMatch(/^missed .*paused/);
  });

  it("folds those that ended long ago into sums, and loses nothing", () => {
    const events: Told[] = [...born("/lead")];
    for (let at = 0; at < 2_050; at += 1) {
      const path = `/lead/a${at}`;
      events.push(...born(path), ...called(path, `${at}`, 0.001), ended(path, "completed"));
    }
    const { root } = told(...events);
    expect(root.children.get("lead")?.children.size).toBe(2_000);
    const { agents, figures, by } = tallyOf(root);
    expect({ agents, calls: figures.modelCalls, by }).toEqual({
      agents: 2_051,
      calls: 2_050,
      by: { completed: 2_050, running: 1 },
    });
  });
});

describe("the summary", () => {
  const tree = told(
    ...born("/lead"),
    ...called("/lead", "1", 1.5, "anthropic:big"),
    ...born("/lead/small"),
    ...called("/lead/small", "2", 0.25, "anthropic:small"),
    ["tool.started", "/lead/small", { callId: "3", tool: "dig" }],
    ended("/lead/small", "completed"),
    ended("/lead", "completed"),
  );

  it("tells cost by agent and by model, aligned, and they add up", () => {
    expect(costLines(tree, 120)).toEqual([
      "agent            ended      time  calls  tools   in  cached  out  dollars",
      "lead             completed    0s      1      0  123      20    7  $1.5000",
      "└ small          completed    0s      1      1  123      20    7  $0.2500",
      "model                             calls          in  cached  out  dollars",
      "anthropic:big                         1         123      20    7  $1.5000",
      "anthropic:small                       1         123      20    7  $0.2500",
      "total                                 2      1  246      40   14  $1.7500",
    ]);
  });

  it.each([80, 40, 20, 8, 1])("fits %i columns", (columns) => {
    for (const line of costLines(tree, columns)) {
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe("the width of a text", () => {
  it.each([
    ["abc", 3],
    ["木を", 4],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["🌳x", 3],
    ["\u200b", 0],
    ["…", 1],
  ])("of %s is %i", (text, width) => expect(widthOf(text)).toBe(width));

  it.each([
    [cut("木を育てる", 5), "木を…"],
    [cut("木を育てる", 4), "木…"],
    [cut("abc", 3), "abc"],
    [cut("abc", 0), ""],
    [cutStart("/lead/木を", 5), "…木を"],
    [cutMiddle("reviewer-182", 8), "rev…-182"],
    [toLeft("木を育", 4), "木… "],
    [toRight("木", 4), "  木"],
  ])("%s is cut to %s", (is, should) => expect(is).toBe(should));
});

describe("the screen", () => {
  it("writes once for each drawing, and nothing when nothing has changed", () => {
    const written: string[] = [];
    const screen = new Screen({ write: (text) => written.push(text), columns: 20, rows: 9 });
    screen.draw([], ["one", "two"]);
    screen.draw([], ["one", "two"]);
    screen.draw([], ["one", "2"]);
    expect(written).toHaveLength(2);
    expect(written[1]).toContain("2");
    expect(written[1]).not.toContain("one");
    screen.draw(["above"], []);
    expect(written[2]).toContain("above");
    screen.erase();
    screen.erase();
    expect(written).toHaveLength(4);
    expect(written[3]).toContain("\u001b[?25h");
  });
});

describe("a live tree", () => {
  const no = { json: false, plain: false };
  it.each([
    [no, true, {}, true],
    [no, undefined, {}, false],
    [{ ...no, json: true }, true, {}, false],
    [{ ...no, plain: true }, true, {}, false],
    [no, true, { NO_COLOR: "1" }, false],
    [no, true, { NO_COLOR: "" }, true],
    [no, true, { CI: "true" }, false],
    [no, true, { TERM: "dumb" }, false],
    [no, true, { TERM: "xterm" }, true],
  ])("with %j, terminal %s and %j is wanted: %s", (asked, isTerminal, env, wanted) => {
    expect(isLiveWanted(asked, isTerminal, env)).toBe(wanted);
  });
});

it.each([
  [dollars(0.12345, 4), "$0.1235"],
  [dollars(123.456, 4), "$123.46"],
  [dollars(12_345, 4), "$12.3k"],
  [duration(999), "0s"],
  [duration(61_000), "1m01s"],
  [duration(3_661_000), "1h01m"],
  [duration(400 * 3_600_000), "16d"],
  [short(9_999), "9999"],
  [short(12_345), "12.3k"],
  [short(999_999), "1000k"],
  [short(1_500_000), "1.5M"],
])("the amount %s", (is, should) => expect(is).toBe(should));
