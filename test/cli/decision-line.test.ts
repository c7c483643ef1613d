import { describe, expect, it } from "vitest";
import { questionOf, readDecision } from "../../src/cli/decision-line.ts";
import type { PendingApproval } from "../../src/index.ts";

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
    expect(readDecision(asked(kind), line, "me")).toEqual(decision);
  });

  it("counts calls in whole numbers", () => {
    const calls = { ...asked("budget"), subject: "budget:toolCalls" };
    const spent = { ...asked("budget"), subject: "budget:usd" };
    expect(readDecision(calls, "1.5", "me")).toBeUndefined();
    expect(readDecision(calls, "1e300", "me")).toBeUndefined();
    expect(readDecision(calls, "3", "me")).toEqual({ allow: true, answer: 3, by: "me" });
    expect(readDecision(spent, "1.5", "me")).toEqual({ allow: true, answer: 1.5, by: "me" });
  });

  it("spells out what would hide, and says how much it leaves out", () => {
    const hidden = { ...asked("tool"), input: { path: "a\u202etxt.exe\u009b2J" } };
    expect(questionOf(hidden)).toContain("a\\u{202e}txt.exe\\u{9b}2J");
    const long = { ...asked("tool"), input: "x".repeat(3000) };
    expect(questionOf(long)).toContain("(1002 more characters)");
  });

  it("says who wants what", () => {
    expect(questionOf(asked("tool"))).toContain('/lead wants tool:fs/write_file {"path":"a.txt"}');
    expect(questionOf(asked("question"))).toContain("/lead asks:");
  });
});
