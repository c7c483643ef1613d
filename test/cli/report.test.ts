import type { EventType, Json, RuntimeEvent } from "coppice";
import { describe, expect, it } from "vitest";
import { Report } from "../../src/cli/report.ts";
import { runSummaryOf } from "../../src/cli/summary.ts";
import { terminalLine } from "../../src/cli/terminal-line.ts";
import { happeningOf } from "../../src/log/happening.ts";
import { StreamedText } from "../../src/log/streamed-text.ts";
import { oneLine } from "../../src/log/visible.ts";
import { EPHEMERAL, FACTS } from "../../src/wire/event.ts";

type Body = { readonly [key: string]: Json };

const event = (type: EventType, body: Body = {}, at = 0, path = "/lead"): RuntimeEvent =>
  ({ type, path, at, seq: 1, ...body }) as RuntimeEvent;

const silent: readonly EventType[] = [
  "agent.started",
  "agent.state",
  "agent.output",
  "model.started",
  "tool.started",
  "cancel.closed",
];

describe("a happening", () => {
  it.each([...FACTS, ...EPHEMERAL])("has words for %s, whatever it carries", (type) => {
    const happening = happeningOf(event(type));
    expect(happening === undefined).toBe(silent.includes(type));
    expect(happening?.detail ?? "").not.toMatch(/undefined|\[object/);
  });

  it.each<[EventType, Body, string, string]>([
    ["agent.spawned", { template: "reviewer", depth: 2 }, "spawned", "as reviewer"],
    ["agent.stopped", { outcome: { status: "completed", output: "ok" } }, "completed", "ok"],
    [
      "agent.stopped",
      { outcome: { status: "completed", output: { a: 1 } } },
      "completed",
      '{"a":1}',
    ],
    [
      "agent.stopped",
      { outcome: { status: "completed", output: { $value: "0f", bytes: 90_000, head: "Oak." } } },
      "completed",
      "Oak.… (90000 bytes)",
    ],
    ["agent.stopped", { outcome: { status: "cancelled", reason: "late" } }, "cancelled", "late"],
    ["agent.stopped", { outcome: { status: "exhausted", unit: "usd" } }, "exhausted", "usd"],
    ["agent.stopped", { outcome: { status: "timed-out" } }, "timed-out", ""],
    [
      "agent.stopped",
      { outcome: { status: "failed", error: { code: "MODEL_FAILED", message: "no" } } },
      "failed",
      "MODEL_FAILED no",
    ],
    [
      "spawn.refused",
      { agent: "kid", code: "DEPTH_EXCEEDED", message: "too deep" },
      "refused",
      "spawn kid: DEPTH_EXCEEDED too deep",
    ],
    [
      "model.finished",
      {
        usage: { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 3, outputTokens: 4 },
        usd: 0.00123,
        isError: false,
      },
      "model",
      "33 tokens in, 4 out, $0.0012",
    ],
    ["model.finished", { isError: true }, "model", "failed"],
    [
      "model.retried",
      { attempt: 2, delayMs: 500, code: "MODEL_FAILED", message: "busy" },
      "retries",
      "model, attempt 2 in 500 ms: MODEL_FAILED busy",
    ],
    ["tool.requested", { tool: "fs/read", input: { path: "a" } }, "calls", 'fs/read {"path":"a"}'],
    [
      "tool.denied",
      { tool: "rm", code: "CAPABILITY_DENIED", message: "no" },
      "refused",
      "rm: CAPABILITY_DENIED no",
    ],
    ["tool.finished", { tool: "add", isError: false, result: 3 }, "result", "add 3"],
    [
      "tool.finished",
      { tool: "add", isError: true, error: { code: "TOOL_FAILED", message: "broken" } },
      "failed",
      "add: TOOL_FAILED broken",
    ],
    [
      "tool.progress",
      { tool: "scan", fraction: 0.5, message: "half" },
      "progress",
      "scan 50 % half",
    ],
    ["tool.progress", { tool: "scan", message: "on it" }, "progress", "scan on it"],
    ["budget.warning", { unit: "usd", spent: 8 }, "budget", "warning: unit usd, spent 8"],
    ["cancel.signalled", { agents: 1 }, "cancel", "signalled 1 agent"],
    ["cancel.signalled", { agents: 3 }, "cancel", "signalled 3 agents"],
    [
      "agent.restarted",
      {
        incarnation: 2,
        restarts: 1,
        cause: { path: "/lead", status: "failed", code: "HOST_LOST" },
      },
      "restarted",
      "as incarnation 2: it ended failed HOST_LOST",
    ],
    [
      "agent.restarted",
      { incarnation: 3, restarts: 2, cause: { path: "/other", status: "completed" } },
      "restarted",
      "as incarnation 3: /other ended completed",
    ],
    ["host.suspect", { host: "user-code-1" }, "host", "user-code-1 does not answer"],
    ["host.stuck", { host: "user-code-1" }, "host", "user-code-1 cannot be ended"],
    ["letter.dead", { from: "/a", reason: "it has ended" }, "undelivered", "from /a: it has ended"],
    [
      "host.lost",
      { host: "user-code-1", reason: "it ended" },
      "host",
      "user-code-1 lost: it ended",
    ],
    ["mcp.lost", { server: "fs", error: "gone" }, "server", "fs lost: gone"],
    ["gap", { forgotten: 7 }, "gap", "7 events were missed"],
  ])("%s %j reads well", (type, body, what, detail) => {
    expect(happeningOf(event(type, body))).toMatchObject({ what, detail });
  });
});

describe("a line", () => {
  const plain = { columns: 80, colours: false };
  const says = (detail: string) => ({ what: "says", detail, tone: "plain" as const });

  it.each([
    ["/", "/                       "],
    ["/lead", "/lead                   "],
    ["/lead/kid", "  /lead/kid             "],
    ["/lead/kid/grandkid", "    /lead/kid/grandkid  "],
    ["/lead/a-very-long-name-of-an-agent", "…-very-long-name-of-an-agent".slice(-23)],
  ])("shows where %s is", (path, place) => {
    const line = terminalLine(says("hi"), path, 0, plain);
    expect(line).toContain(`${place} says        hi`);
    expect(line.slice(0, 10)).toBe("   0.00s  ");
  });

  it.each([40, 60, 80, 200])("fits into %d columns", (columns) => {
    const line = terminalLine(says("word ".repeat(100)), "/lead/kid", 61_234, {
      ...plain,
      columns,
    });
    expect([...line].length).toBeLessThanOrEqual(columns);
    // Below sixty columns the words need the room.
    expect(line.includes("61.23s")).toBe(columns >= 60);
  });

  it.each([0, 1, 10])("does not break in a terminal of %d columns", (columns) => {
    expect(terminalLine(says("hello"), "/lead", 0, { ...plain, columns })).toContain("says");
  });

  it("has colours only where they are wanted", () => {
    const bad = { what: "failed", detail: "no", tone: "bad" as const };
    expect(terminalLine(bad, "/lead", 0, { ...plain, colours: true })).toContain("\u001b[31m");
    expect(terminalLine(bad, "/lead", 0, plain)).not.toContain("\u001b");
  });

  it.each([
    ["a\nb\r\n\tc", "a b c"],
    ["\u001b[2J\u001b[31mred\u001b[0m", "red"],
    ["bell\u0007 \u009b5m null\u0000", "bell null"],
    ["  ", ""],
    ["line\u2028separator", "line separator"],
  ])("has no control characters of %j", (text, line) => {
    expect(oneLine(text)).toBe(line);
  });
});

describe("streamed text", () => {
  it("comes in whole lines, for each agent by itself", () => {
    const text = new StreamedText();
    expect(text.add("/a", "Hel")).toEqual([]);
    expect(text.add("/b", "other\n")).toEqual(["other"]);
    expect(text.add("/a", "lo\n\nwor")).toEqual(["Hello"]);
    expect(text.end("/a")).toEqual(["wor"]);
    expect(text.end("/a")).toEqual([]);
  });

  it("is cut when its line does not end", () => {
    const text = new StreamedText();
    expect(text.add("/a", "x".repeat(999))).toEqual([]);
    expect(text.add("/a", "x")).toEqual(["x".repeat(1000)]);
    expect(text.end("/a")).toEqual([]);
  });
});

describe("a report", () => {
  it("says what was streamed before what happened next, and counts time from the first", () => {
    const report = new Report(() => ({ columns: 100, colours: false }));
    const lines = [
      event("agent.spawned", { template: "lead" }, 1_000),
      event("agent.output", { text: "Well" }, 1_200),
      event("tool.progress", { tool: "scan", fraction: 0.1 }, 1_300),
      event("agent.output", { text: "." }, 1_400),
      event("model.finished", { usage: {}, usd: 0 }, 1_500),
    ].flatMap((one) => report.lines(one).map((line) => line.trim().split(/\s+/)));
    expect(lines.map(([time, , what, detail]) => [time, what, detail])).toEqual([
      ["0.00s", "spawned", "as"],
      ["0.30s", "progress", "scan"],
      ["0.50s", "says", "Well."],
      ["0.50s", "model", "0"],
    ]);
  });
});

describe("a summary", () => {
  const usage = { usd: 0.12, inputTokens: 1200, outputTokens: 34, toolCalls: 1, modelCalls: 2 };

  it("counts in words", () => {
    const outcome = { status: "completed", output: "", path: "/a", usage } as const;
    expect(runSummaryOf(outcome, 1, 2.345).split(" · ")).toEqual([
      "completed",
      "1 agent",
      "2 model calls, 1 tool call",
      "1,234 tokens (1,200 in)",
      "$0.1200",
      "2.3 s",
    ]);
  });
});
