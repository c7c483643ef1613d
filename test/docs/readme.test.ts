import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const readme = readFileSync(join(root, "README.md"), "utf8");
const run = promisify(execFile);

/** The code blocks of the README, each with the block of output that follows it. */
function snippets(): { readonly code: string; readonly output: string | undefined }[] {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1],
    text: match[2] as string,
    end: (match.index ?? 0) + match[0].length,
    start: match.index ?? 0,
  }));
  return blocks.flatMap((block, index) => {
    if (block.language !== "ts") return [];
    const next = blocks[index + 1];
    const follows = next !== undefined && readme.slice(block.end, next.start).trim() === "";
    const output = follows && next.language === "text" ? next.text : undefined;
    return [{ code: block.text, output }];
  });
}

describe("the README", () => {
  it("shows at least one program with its output", () => {
    expect(snippets().filter(({ output }) => output !== undefined)).not.toHaveLength(0);
  });

  it.each(snippets())("prints what it says it prints: $code", async ({ code, output }) => {
    // Inside the package, so that it can be imported by its own name.
    const folder = mkdtempSync(join(root, "test", "docs", ".run-"));
    try {
      const file = join(folder, "snippet.ts");
      writeFileSync(file, code);
      const args = ["--conditions=coppice-source", file];
      const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
      if (output !== undefined) expect(stdout).toBe(output);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("links only to files that exist", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1]);
    for (const link of links)
      expect(() => readFileSync(join(root, link as string))).not.toThrow(/ENOENT/);
  });
});
