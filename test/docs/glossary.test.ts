import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSources } from "../tidy/source.ts";

const glossary = readFileSync("src/GLOSSARY.md", "utf8");
const rows = glossary
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const words = rows
  .filter((cells) => cells.length === 7 && cells[1] !== "word" && !cells[1]?.startsWith("---"))
  .map(([, word = "", meaning = "", _elsewhere, type = "", file = ""]) => {
    return { word, meaning, type: unquoted(type), file: unquoted(file) };
  });
const gone = rows
  .filter((cells) => cells.length === 4 && cells[1] !== "word" && !cells[1]?.startsWith("---"))
  .flatMap(([, old = ""]) => old.split(", "));

describe("the glossary", () => {
  it("has words, and words that do not come back", () => {
    expect(words.length).toBeGreaterThan(40);
    expect(gone.length).toBeGreaterThan(10);
  });

  it.each(words)("finds $type of $word in $file", ({ type, file, meaning }) => {
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(existsSync(file), file).toBe(true);
    const declared = new RegExp(`(interface|class|type|function|const) ${type}\\b`);
    expect(readFileSync(file, "utf8")).toMatch(declared);
  });

  it("says each word once", () => {
    const said = words.map(({ word }) => word);
    expect(said).toEqual([...new Set(said)]);
  });

  it.each(gone)("keeps %s out of the names in the code", (old) => {
    const name = new RegExp(`\\b_?#?(${old}|${old[0]?.toUpperCase()}${old.slice(1)})\\b`);
    const found = readSources()
      .filter(({ path }) => /^(src|machines|workers)\//.test(path))
      .flatMap(({ path, code }) => {
        const lines = code.split("\n");
        return lines.flatMap((line, at) => (name.test(line) ? [`${path}:${at + 1}`] : []));
      });
    expect(found).toEqual([]);
  });
});

function unquoted(cell: string): string {
  return cell.replaceAll("`", "");
}
