import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reaches } from "../../fixtures/isolation/reaches.ts";

const program = fileURLToPath(
  new URL("../../fixtures/isolation/table-program.ts", import.meta.url),
);
const read = (file: string): string =>
  readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");

const levels = ["shared", "thread", "process"] as const;

/** What a cell says, and what the deed's answer, or the end of its agent, must have been. */
const cells: Readonly<Record<string, (seen: unknown) => void>> = {
  possible: (seen) => expect(seen).toBe("it could"),
  refused: (seen) => expect(seen).toMatch(/^(ERR_|EMFILE)/),
  // Whoever loses host after host is not charged with one of them: it fails.
  "seen and ended": (seen) => expect(seen).toMatch(/^(killed|failed)$/),
};

/** A row's name, and its three cells. */
function tableOf(text: string): ReadonlyMap<string, readonly string[]> {
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  const cut = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  return new Map(cut.slice(2).map(([, name, ...rest]) => [name as string, rest.slice(0, 3)]));
}

const table = tableOf(read("docs/isolation.md"));
const isDeadly = (name: string): boolean =>
  table.get(name)?.includes("seen and ended") === true || name.startsWith("opens a debugger in");

describe("the table of isolation", () => {
  const told: Partial<Record<string, Readonly<Record<string, unknown>>>> = {};
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "coppice-isolation-"));
    const file = join(folder, "file");
    writeFileSync(`${file}.ts`, "");
    const run = async (level: (typeof levels)[number], at: number): Promise<void> => {
      const rows = [...table].filter(([, row]) => row[at] !== "-").map(([name]) => name);
      const deadly = rows.filter(isDeadly);
      const others = rows.filter((name) => !isDeadly(name));
      const flags = ["--conditions=coppice-source", "--inspect-port=0"];
      const args = [program, level, file, JSON.stringify(deadly), JSON.stringify(others)];
      const env = { ...process.env, SECRET_OF_THE_TEST: "1" };
      const tried = await promisify(execFile)(process.execPath, [...flags, ...args], {
        env,
        timeout: 90_000,
        killSignal: "SIGKILL",
      }).catch((error) => error);
      told[level] = JSON.parse(tried.stdout || "{}");
    };
    await Promise.all(levels.map(run));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("has the rows that are tried here", () => {
    expect([...table.keys()]).toEqual(expect.arrayContaining(Object.keys(reaches)));
    expect(Object.keys(reaches)).toEqual(expect.arrayContaining([...table.keys()]));
  });

  it("says nothing else than the table of the guarantees", () => {
    const guarantees = tableOf(read("docs/guarantees.md").split("## What holds where")[1] ?? "");
    const both = [...guarantees].filter(([name]) => table.has(name));
    expect(both.map(([name]) => name)).toEqual([
      "ends its process by `process.exit`",
      "throws where nobody catches it",
      "writes a file",
      "starts a program",
    ]);
    const inOtherWords = (cell: string) => (cell === "killed" ? "seen and ended" : cell);
    for (const [name, row] of both)
      expect([name, row.map(inOtherWords)]).toEqual([name, table.get(name)]);
  });

  const all = [...table].flatMap(([name, row]) =>
    row.map((cell, at) => ({ name, cell, level: levels[at] as string })),
  );
  it.each(all.filter(({ cell }) => cell !== "-"))(
    "$name, $level: $cell",
    ({ name, cell, level }) => {
      expect(Object.keys(cells)).toContain(cell);
      cells[cell]?.(told[level]?.[name]);
    },
  );
});
