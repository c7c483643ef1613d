import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { hasTerminals, type Size, TerminalRun } from "../terminal-run.ts";

const file = "test/fixtures/cli/many.ts";
const wide = { columns: 80, rows: 24 };
const run = (agent: string, size: Size, more: string[] = [], env: Record<string, string> = {}) =>
  new TerminalRun(["run", file, "--agent", agent, ...more], size, env);
const isHead = (line: string) => /^agent +.*doing/.test(line);
const isFoot = (line: string) => /^\d+(?: agents?)?: \d/.test(line);

describe.skipIf(!hasTerminals)("the live tree of 200 agents", () => {
  it.each([wide, { columns: 40, rows: 15 }])("keeps within $columns x $rows", async (size) => {
    const started = run("lead", size);
    const from = performance.now();
    expect(await started.ended).toBe(0);
    const tookSeconds = (performance.now() - from) / 1000;
    const { frames, all } = await started.screens();
    const live = frames.filter((lines) => lines.some(isFoot));
    expect(live.length).toBeGreaterThan(3);
    expect(live.length).toBeLessThan(tookSeconds * 10 + 2);
    for (const lines of live) {
      expect(lines.filter(isFoot)).toHaveLength(1);
      expect(lines.filter(isHead)).toHaveLength(1);
      const head = lines.findIndex(isHead);
      const foot = lines.findIndex(isFoot);
      // Nothing below the total, and room for what is said above the tree.
      expect(lines.length - 1).toBe(foot);
      expect(foot - head + 1).toBeLessThanOrEqual(Math.floor((size.rows - 1) * 0.75));
    }
    const busy = live.filter((lines) => lines.some((line) => /^200(?: agents)?: /.test(line)));
    expect(busy.flat().join("\n")).toMatch(/^200.*\d+ queued/m);
    expect(busy.flat().join("\n")).toMatch(/├ \S*-\d+ +\S* *work/);
    expect(busy.flat().join("\n")).toMatch(/└ \+\d+(?: agents)?: \d+/);
    expect(busy.flat().join("\n")).not.toContain("WRAPPED ");
    expect(started.showsCursor).toBe(true);
    // The tree is gone, what went wrong and the summary stay.
    expect(all.filter(isFoot)).toEqual([]);
    expect(all.join("\n")).toMatch(/failed +MODEL_FAILED/);
    expect(all.join("\n")).toMatch(/says +木を育/);
    expect(all.find((line) => line.startsWith("total"))).toMatch(/399,000 .*39,900 +\$0\.0000$/);
    expect(all.at(-1)).toBe("All are done.");
  });
});

describe.skipIf(!hasTerminals)("the terminal", () => {
  it("gets its cursor back when Ctrl-C cancels the tree", async () => {
    const started = run("waits", wide);
    await started.says("never");
    expect(started.showsCursor).toBe(false);
    started.type("\u0003");
    expect(await started.ended).toBe(130);
    const { all } = await started.screens();
    expect(started.showsCursor).toBe(true);
    expect(all.filter(isFoot)).toEqual([]);
    expect(all.join("\n")).toContain("SIGINT: cancelling every agent");
  });

  it.each([
    ["crashes", 1],
    ["hangs-up", 129],
  ])("gets its cursor back when the program %s", async (agent, code) => {
    const started = run(agent, wide);
    await started.says("never");
    expect(started.showsCursor).toBe(false);
    expect(await started.ended).toBe(code);
    const { all } = await started.screens();
    expect(started.showsCursor).toBe(true);
    expect(all.filter(isFoot)).toEqual([]);
    if (agent === "crashes") expect(all.join("\n")).toContain("nobody catches this");
  });

  it("keeps the tree while a person is asked, and has its cursor at the answer", async () => {
    const started = run("asks", wide);
    await started.says("[n]o");
    expect(started.showsCursor).toBe(true);
    const { all } = await started.screens();
    expect(all.filter(isFoot)).toHaveLength(1);
    started.type("y\r");
    expect(await started.ended).toBe(0);
    const after = await started.screens();
    expect(after.all.at(-1)).toBe("It was allowed.");
    expect(started.showsCursor).toBe(true);
  });

  it("shows what a tool writes to it above the tree", async () => {
    const started = run("noisy", wide);
    expect(await started.ended).toBe(0);
    const { frames, all } = await started.screens();
    expect(all.filter((line) => line === "a tool wrote this")).toHaveLength(1);
    for (const lines of frames) expect(lines.filter(isHead).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ["--plain", ["--plain"], {}],
    ["NO_COLOR", [], { NO_COLOR: "1" }],
  ])("is written to line by line with %s", async (_, more, env) => {
    const started = run("noisy", wide, more, env as Record<string, string>);
    expect(await started.ended).toBe(0);
    expect(started.output).not.toContain("\u001b[?");
    expect(stripVTControlCharacters(started.output)).toMatch(/calls +work|"tool":"work"/);
  });
});
