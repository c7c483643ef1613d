import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { program } from "../program-run.ts";
import { hasTerminals, TerminalRun } from "../terminal-run.ts";

const file = "test/fixtures/cli/hostile.ts";
const run = (agent: string, ...more: string[]) => ["run", file, "--agent", agent, ...more];
/** Every control character but line ends and tabs. */
const controls = /[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/u;

describe("what a model, a tool or an error says has no control characters for people", () => {
  it.each([["answers"], ["fails"]])("as lines on standard error, of one that %s", async (agent) => {
    const { stderr } = await program(run(agent));
    expect(stderr).toContain("\\u{202e}exe.");
    expect(stderr).not.toMatch(controls);
  });

  it("as JSON, which says the same", async () => {
    const { stdout } = await program(run("answers", "--json"));
    expect(stdout).not.toMatch(controls);
    const outcome = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(outcome.output).toMatch(/^one .*\u202eexe\.\u200btxt.*\n\ttwo$/su);
  });

  it("and a file gets the answer to the letter", async () => {
    const { stdout } = await program(run("answers"));
    expect(stdout).toMatch(/^one .*\n\ttwo\n$/s);
    expect(stdout).toContain("one \u001b]0;owned\u0007\u001b[2J\u202eexe.");
  });
});

describe.skipIf(!hasTerminals)("at a terminal", () => {
  it.each([["answers"], ["fails"]])("nothing hostile is written by one that %s", async (agent) => {
    const started = new TerminalRun(run(agent), { columns: 100, rows: 24 });
    await started.ended;
    const { output } = started;
    expect(output).toContain("\\u{202e}exe.");
    for (const sign of ["\u202e", "\u200b", "\u0000", "\u0007", "\u009b", "\u001b[2J", "]0;"]) {
      expect(output).not.toContain(sign);
    }
    const plain = stripVTControlCharacters(output).replaceAll(/\r/g, "");
    expect(plain).not.toMatch(controls);
    if (agent === "answers") expect(plain).toMatch(/^one .*\n {8}two$|^one .*\n\ttwo$/m);
  });
});
