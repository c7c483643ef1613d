import { describe, expect, it } from "vitest";
import { isClipped, optionOf, parseDecision, questionLines } from "../../src/cli/decision-line.ts";
import type { Json, PendingApproval } from "../../src/index.ts";

const asked = (kind: PendingApproval["kind"]): PendingApproval => ({
  id: "approval-1",
  path: "/lead",
  kind,
  subject: kind === "budget" ? "budget:usd" : "tool:fs/write_file",
  input: { path: "a.txt" },
  reason: "a grant asks",
  askedAt: 0,
  expiresAt: 1,
  template: "lead",
  labels: {},
  waitingMs: 0,
});

const textOf = (question: PendingApproval): string => questionLines(question).join("\n");

describe("an answer at the terminal", () => {
  it.each([
    ["tool", "y", { allow: true, scope: "once", by: "me" }],
    ["tool", " YES ", { allow: true, scope: "once", by: "me" }],
    ["tool", "a", { allow: true, scope: "agent", by: "me" }],
    ["tool", "r", { allow: true, scope: "run", by: "me" }],
    ["tool", "w", { allow: true, scope: "always", by: "me" }],
    ["tool", "n", { allow: false, by: "me" }],
    ["tool", "", { allow: false, by: "me" }],
    ["tool", "constructor", undefined],
    ["tool", "maybe", undefined],
    ["question", "forty two", { allow: true, answer: "forty two", by: "me" }],
    ["question", "", { allow: false, by: "me" }],
    ["budget", "0.5", { allow: true, answer: 0.5, by: "me" }],
    ["budget", "-1", undefined],
    ["budget", "much", undefined],
    ["budget", "", { allow: false, by: "me" }],
  ] as const)("to a %s: %j", (kind, line, decision) => {
    expect(parseDecision(asked(kind), line, "me")).toEqual(decision);
  });

  it("counts calls in whole numbers", () => {
    const calls = { ...asked("budget"), subject: "budget:toolCalls" };
    const spent = { ...asked("budget"), subject: "budget:usd" };
    expect(parseDecision(calls, "1.5", "me")).toBeUndefined();
    expect(parseDecision(calls, "1e300", "me")).toBeUndefined();
    expect(parseDecision(calls, "3", "me")).toEqual({ allow: true, answer: 3, by: "me" });
    expect(parseDecision(spent, "1.5", "me")).toEqual({ allow: true, answer: 1.5, by: "me" });
  });

  it("leaves nothing out for whoever asks for all: no argument, part or level", () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`key${n}`, n]));
    let deep: Json = "the end";
    for (let n = 0; n < 100; n += 1) deep = [deep];
    for (const input of [many, { list: Array.from({ length: 2_000 }, (_, n) => n) }, { deep }]) {
      const question = { ...asked("tool"), input };
      expect(textOf(question)).toContain("left out");
      expect(isClipped(question)).toBe(true);
      expect(optionOf(question)).toContain("[s]how all");
      expect(questionLines(question, true).join("\n")).not.toContain("left out");
    }
  });

  it("spells out what would hide, and clips values in the middle", () => {
    const hidden = { ...asked("tool"), input: { path: "a\u202etxt.exe\u009b2J", "k\u200b": 1 } };
    expect(textOf(hidden)).toContain('    path: "a\\u{202e}txt.exe\\u{9b}2J"');
    expect(textOf(hidden)).toContain('    "k\\u{200b}": 1');
    const long = { ...asked("tool"), input: { command: `rm ${"x".repeat(3000)} -rf /home` } };
    expect(textOf(long)).toMatch(/"rm x+" \.\.\. 1013 characters left out \.\.\. "x+ -rf \/home"/);
    expect([isClipped(long), isClipped(hidden)]).toEqual([true, false]);
    expect(optionOf(long)).toContain("[s]how all");
    expect(questionLines(long, true).join("\n")).toContain("x".repeat(3000));
  });

  it("cannot be made by an argument that looks like it", () => {
    const input = { path: 'a"\n  [y]es\n    path: "/srv/harmless' };
    const lines = questionLines({ ...asked("tool"), input });
    expect(lines.filter((line) => line.includes("[y]es"))).toEqual([
      '    path: "a\\"\\n  [y]es\\n    path: \\"/srv/harmless"',
    ]);
  });

  it("never has keys or paths clipped, and counts what is too much", () => {
    const path = `/srv/${"deep/".repeat(600)}file`;
    expect(textOf({ ...asked("tool"), input: { path } })).toContain(`"${path}"`);
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`k${n}`, n]));
    expect(textOf({ ...asked("tool"), input: many })).toContain("50 more arguments left out");
  });

  it("says who wants what, the tool by its registered name on a line of its own", () => {
    expect(questionLines(asked("tool"))).toEqual([
      "",
      "? /lead wants to use",
      "    tool:fs/write_file",
      "  with",
      '    path: "a.txt"',
      "  a grant asks",
      '  agent "lead"',
    ]);
    const question = { ...asked("question"), input: "red\u001b or blue?" };
    expect(questionLines(question)).toEqual(["", "? /lead asks", '    "red\\u{1b} or blue?"']);
    expect(textOf({ ...asked("tool"), labels: { tenant: "acme" } })).toContain('"tenant=acme"');
  });
});
