import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pages.ts";

/** A row of a table: what its first cell names, and its other cells as they stand. */
export interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

const reference = readFileSync(join(root, "docs", "reference.md"), "utf8");

/** The rows of the table below a heading of the reference. */
export function rowsOf(heading: string): Row[] {
  const lines = reference.split("\n");
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, "") === heading);
  if (from === -1) throw new Error(`docs/reference.md has no heading "${heading}"`);
  const below = lines.slice(from + 1);
  const end = below.findIndex((line) => /^#+ /.test(line));
  return below
    .slice(0, end === -1 ? undefined : end)
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [name = "", ...cells] = line.slice(1, -1).split("|");
      return { name: name.trim().replaceAll("`", ""), cells: cells.map((cell) => cell.trim()) };
    });
}

/** What the rows below a heading are about, in order of the alphabet. */
export function namesOf(heading: string): string[] {
  return rowsOf(heading)
    .map(({ name }) => name)
    .sort();
}
