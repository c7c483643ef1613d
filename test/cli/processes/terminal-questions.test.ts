import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { program } from "../program-run.ts";
import { hasTerminals, TerminalRun } from "../terminal-run.ts";

const file = "test/fixtures/cli/questions.ts";
const wide = { columns: 100, rows: 30 };
const run = (agent: string, more: readonly string[] = [], size = wide, redirect = "") =>
  new TerminalRun(["run", file, "--agent", agent, ...more], size, {}, redirect);
const isFoot = (line: string) => /^\d+(?: agents?)?: \d/.test(line);
const choice = "[n]o";

/** How often the output has a text. */
const count = (of: TerminalRun, text: string) => of.output.split(text).length - 1;

async function said(of: TerminalRun): Promise<string> {
  return (await of.screens()).all.join("\n");
}

describe.skipIf(!hasTerminals)("a question at the terminal", () => {
  it("stands with the tree, which goes on, and what is typed tears neither", async () => {
    const started = run("noisy");
    await started.says(choice);
    for (const key of ["m", "a", "y", "\u007f", "\u007f", "\u007f", "\u001b[A", "y"]) {
      started.type(key);
    }
    await started.says("> y");
    const { frames } = await started.screens();
    const last = frames.at(-1) ?? [];
    expect(last.filter(isFoot)).toHaveLength(1);
    expect(last.at(-1)).toBe("> y");
    expect(last.join("\n")).toMatch(/\? \/noisy wants to use\n +tool:guarded/);
    expect(started.showsCursor).toBe(true);
    // What is written meanwhile waits.
    expect(last.join("\n")).not.toContain("noise 1\n");
    started.type("\r");
    expect(await started.ended).toBe(0);
    const all = await said(started);
    expect(all).not.toContain("WRAPPED");
    expect(all.match(/^noise \d+$/gm)).toHaveLength(20);
    expect(all).toMatch(/^> y$/m);
    expect(all).toMatch(/The end\.$/);
    expect(started.showsCursor).toBe(true);
  });

  it.each([[], ["--plain"]])(
    "does not take keys typed before it stood there %j",
    async (...more) => {
      const started = run("late", more);
      await started.says("work");
      started.type("y\ry\r");
      await started.says("wants to use");
      started.type("y\ry\r");
      await started.says(choice);
      started.type("n\r");
      expect(await started.ended).toBe(0);
      const all = await said(started);
      expect(all).toContain("tool:guarded was refused");
      // Between lines the terminal itself echoes what is typed to nobody.
      if (more.length === 0) expect(all).not.toMatch(/^y/m);
    },
  );

  it("does not take keys typed while the program was held", async () => {
    const started = run("blocked");
    await started.says("wants to use");
    started.type("y\r");
    await started.says(choice);
    started.type("n\r");
    expect(await started.ended).toBe(0);
    expect(await said(started)).toContain("tool:guarded was refused");
  });

  it("is followed by another one, which the first answer does not answer", async () => {
    const started = run("two");
    await started.says(choice);
    started.type("y\ry\r");
    await started.says("    n: 2");
    const before = count(started, choice);
    await expect.poll(() => count(started, choice)).toBeGreaterThan(before);
    // What is no answer is asked again, and the end of input is no yes.
    started.type("maybe\r");
    await started.says('"maybe" is no answer');
    started.type("\u0004");
    expect(await started.ended).toBe(0);
    const all = await said(started);
    expect(all.match(/was refused/g)).toHaveLength(1);
  });

  it("is left by Ctrl-C, which cancels", async () => {
    const started = run("one");
    await started.says(choice);
    started.type("y\u0003");
    expect(await started.ended).toBe(130);
    expect(await said(started)).toContain("SIGINT: cancelling every agent");
    expect(started.showsCursor).toBe(true);
  });

  it("spells out what hides, clips values in the middle, and shows them whole", async () => {
    const started = run("hidden", [], { columns: 60, rows: 24 });
    await started.says("[s]how");
    for (const hiding of ["\u202e", "\u200b", "\u001b[2J"]) {
      expect(started.output).not.toContain(hiding);
    }
    const plain = stripVTControlCharacters(started.output);
    expect(plain).toContain('path: "/srv/a\\u{202e}txt\\u{1b}[2J\\u{200b}"');
    expect(plain).toContain("3008 characters left out");
    started.type("s\r");
    await started.says("x".repeat(5_000));
    const before = count(started, "[s]how");
    await expect.poll(() => count(started, "[s]how")).toBeGreaterThan(before);
    started.type("y\r");
    expect(await started.ended).toBe(0);
  });

  it("fits a small terminal", async () => {
    const started = run("one", [], { columns: 30, rows: 8 });
    await started.says(choice);
    started.type("y".repeat(50));
    await expect
      .poll(async () => (await started.screens()).frames.at(-1)?.at(-1))
      .toMatch(/^> …y+$/);
    const { frames } = await started.screens();
    expect(frames.at(-1)?.join("\n")).not.toContain("WRAPPED >");
    started.type("\u0015y\r");
    expect(await started.ended).toBe(0);
    expect(await said(started)).toContain("The end.");
  });

  it("is no question where nobody could see it: refused at once, with a sentence", async () => {
    const started = run("one", [], wide, "2>/dev/null");
    expect(await started.ended).toBe(0);
    expect(started.output).not.toContain(choice);
    expect(started.output).toContain("The end.");
  });
});

it("is refused at once where there is no terminal, and says so", async () => {
  const { code, stderr } = await program(["run", file, "--agent", "one"], { stdin: "y\n" });
  expect(code).toBe(0);
  expect(stderr).toContain("tool:guarded was refused: nobody can be asked");
  expect(stderr).not.toContain(choice);
});
