import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const { scripts } = JSON.parse(read("package.json")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const files = globSync("{.ci,docs,examples,machines,src,test,workers}/**/*", { cwd: root });

const documents = ["README.md", "CONTRIBUTING.md"].concat(
  files.filter((path) => /^(?:docs|src)\/[^/]+\.md$/.test(path)),
);

/** Whether a path, from the root or from anywhere below it, is one of a file or a folder. */
function isThere(path: string): boolean {
  if (existsSync(new URL(path, root))) return true;
  return files.some((file) => file.endsWith(`/${path.replace(/\/$/, "")}`));
}

function named(text: string, what: RegExp): string[] {
  return [...text.matchAll(what)].map((match) => match[1] as string);
}

describe.each(documents)("%s", (document) => {
  const text = read(document);

  it("names files and folders that there are", () => {
    const paths = [
      ...named(text, /`([\w.-]+(?:\/[\w.-]+)*\.(?:md|ts))`/g),
      ...named(text, /`((?:machines|src|test|workers)\/(?:[a-z-]+\/)*)`/g),
    ];
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });

  it("names commands that there are", () => {
    const names = named(text, /\bnpm run ([a-z:-]+)/g);
    expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
    const tests = named(text, /\bvitest run (?:--[\w-]+[ =]\w+ )*(test[\w./-]*)/g);
    expect(tests.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});
