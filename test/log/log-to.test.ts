import { defineTool, logTo, Supervisor, type SupervisorOptions } from "coppice";
import { call, scripted } from "coppice/testing";
import { describe, expect, it, vi } from "vitest";

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \/\S* [a-z-]+( .*)?$/;
const CONTROLS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const echo = defineTool({
  name: "echo",
  description: "Says it again.",
  input: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  execute: ({ text }) => text,
});

/** A supervisor with one agent that says this, through a tool and by itself. */
function saying(text: string, more: SupervisorOptions = {}): Promise<Supervisor> {
  const model = scripted([call("echo", { text }), text], { repeat: true });
  const agents = { speaker: { model, tools: ["echo"], input: "Speak." } };
  return Supervisor.start({ threads: 0, tools: [echo], agents, ...more });
}

/** The lines without their dates. */
const undated = (lines: readonly string[]) => lines.map((line) => line.replace(/^\S+ /, ""));

describe("a log", () => {
  it("has a line for each thing that happens, with date, path and what", async () => {
    await using supervisor = await saying("Hello.\nIt is late.");
    const lines: string[] = [];
    logTo(supervisor, (line) => lines.push(line));
    await supervisor.run("speaker");
    for (const line of lines) expect(line).toMatch(LINE);
    expect(undated(lines).filter((line) => !line.includes("host"))).toEqual([
      "/speaker spawned as speaker",
      "/speaker model 0 tokens in, 0 out",
      '/speaker calls echo {"text":"Hello.\\nIt is late."}',
      "/speaker result echo Hello. It is late.",
      "/speaker says Hello.",
      "/speaker says It is late.",
      "/speaker model 0 tokens in, 0 out",
      "/speaker completed Hello. It is late.",
    ]);
    const [first = ""] = lines;
    expect(Math.abs(Date.parse(first.slice(0, 24)) - Date.now())).toBeLessThan(60_000);
  });

  it.each([
    [
      "a line that looks like one of ours",
      "x\n2026-01-01T00:00:00.000Z / completed all\r\nis well",
    ],
    ["other ends of lines", "a\u2028b\u2029c\u0085d\u000be\u000cf"],
    ["orders to a terminal", "\u001b[2J\u001b]0;owned\u0007\u009b31m\u001b[1A\u001b[2Kgone\b\b"],
    ["what is not seen", "pay\u202egnp.exe\u200b\u{e0041}\ud800\ufeff\u0000"],
    ["a text without end", "word ".repeat(10_000)],
    ["letters without end", "\u202e".repeat(10_000)],
  ])("stays a line of letters whatever is said: %s", async (_what, text) => {
    await using supervisor = await saying(text);
    const lines: string[] = [];
    logTo(supervisor, (line) => lines.push(line));
    await supervisor.run("speaker");
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(line).toMatch(LINE);
      expect(line).not.toMatch(CONTROLS);
      expect(line.length).toBeLessThanOrEqual(1_000);
    }
  });

  it("says that a line was cut", async () => {
    await using supervisor = await saying("word ".repeat(10_000));
    const lines: string[] = [];
    logTo(supervisor, (line) => lines.push(line));
    await supervisor.run("speaker");
    expect(lines.find((line) => line.includes(" says "))).toMatch(/^.{999}…$/);
    expect(lines.find((line) => line.includes(" completed "))).toMatch(/… \(50000 bytes\)$/);
  });

  it("has no secrets in it", async () => {
    const told = '{"password":"correct horse"} Bearer abcdefgh12345678 token: abcdefghi';
    await using supervisor = await saying(told);
    const lines: string[] = [];
    logTo(supervisor, (line) => lines.push(line));
    await supervisor.run("speaker");
    const all = lines.join("\n");
    expect(all).toContain("[redacted]");
    expect(all).not.toMatch(/horse|abcdefgh/);
  });

  it("is given one value for a line, so that any function that prints will do", async () => {
    await using supervisor = await saying("Hello.");
    const write = vi.fn();
    logTo(supervisor, write);
    await supervisor.run("speaker");
    for (const args of write.mock.calls) expect(args).toEqual([expect.any(String)]);
  });

  it("ends when it is stopped, or when its scope is left", async () => {
    await using supervisor = await saying("Hello.");
    const lines: string[] = [];
    const stop = logTo(supervisor, (line) => lines.push(`first ${line}`));
    {
      using _log = logTo(supervisor, (line) => lines.push(`second ${line}`));
      await supervisor.run("speaker");
    }
    const seen = lines.length;
    expect(lines.filter((line) => line.startsWith("second "))).toHaveLength(seen / 2);
    stop();
    stop();
    await supervisor.run("speaker");
    expect(lines).toHaveLength(seen);
  });

  it("refuses what is no supervisor, and what is no function", async () => {
    await using supervisor = await saying("Hello.");
    const code = "OPTIONS_INVALID";
    const pass = (...args: unknown[]) => Reflect.apply(logTo, undefined, args);
    for (const wrong of [undefined, {}, Supervisor, Object.create(supervisor)]) {
      expect(() => pass(wrong, () => undefined)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => pass(supervisor, "stderr")).toThrow(expect.objectContaining({ code }));
  });
});

describe("a question that only a log hears", () => {
  it("is unattended: a log answers nothing", async () => {
    const model = scripted([call("echo", { text: "Hello." }), "Done."]);
    const grants = ["model:*", { allow: "tool:echo", ask: true }];
    const agents = { speaker: { model, tools: ["echo"], grants, input: "Speak." } };
    await using supervisor = await saying("", { agents, approvalTimeoutMs: 1 });
    const lines: string[] = [];
    logTo(supervisor, (line) => lines.push(line));
    await supervisor.run("speaker");
    expect(undated(lines).find((line) => line.includes(" asks "))).toMatch(
      /; nobody could answer$/,
    );
  });
});
