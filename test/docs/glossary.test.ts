import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSources } from "../tidy/source.ts";
import { type Page, readPages } from "./pages.ts";

const glossary = readFileSync("src/GLOSSARY.md", "utf8");
const sources = readSources();
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
  .filter((cells) => cells.length === 5 && cells[1] !== "word" && !cells[1]?.startsWith("---"))
  .flatMap(([, old = "", _instead, rest]) =>
    old.split(", ").map((word) => ({ word, isAnywhere: rest === "" })),
  );
/** What everybody reads beside the code; the table of the words that are gone has them. */
const pages = readPages().filter(({ path }) => path !== "src/GLOSSARY.md");
/** What is about something else: the world of an example, words in data. */
const worlds = /^(examples|test\/(service|fixtures|docs\/processes|docs\/glossary))/;

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

  it.each(gone)("keeps $word out of the names in the code", ({ word }) => {
    const name = new RegExp(`\\b_?#?(${word}|${word[0]?.toUpperCase()}${word.slice(1)})\\b`);
    const code = sources.filter(({ path }) => /^(src|machines|workers)\//.test(path));
    const allowed = /\b(supervisor-options|spec-schema|launch)\.ts:/;
    const found = linesWith(
      name,
      code.map(({ path, code }) => ({ path, text: code })),
    );
    expect(found.filter((line) => word !== "workspace" || !allowed.test(line))).toEqual([]);
  });

  it.each(gone.filter(({ isAnywhere }) => isAnywhere))(
    "keeps $word out of comments, texts, tests and pages",
    ({ word }) => {
      const inflected = new RegExp(`\\b${word}(s|ed|ing|tal|tals)?\\b`, "i");
      const rest = sources.filter(({ path }) => !worlds.test(path));
      expect(linesWith(inflected, [...rest, ...pages])).toEqual([]);
    },
  );

  it("keeps hold and held, as names, for amounts alone", () => {
    const library = sources.filter(({ path }) => /^(src|workers)\//.test(path));
    const names = library.map(({ path, code }) => ({ path, text: code }));
    expect(linesWith(/\b#?(un)?(hold|held|isHeld|heldAt)\b/, names)).toEqual([]);
  });
});

function linesWith(pattern: RegExp, files: readonly Page[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

function unquoted(cell: string): string {
  return cell.replaceAll("`", "");
}
