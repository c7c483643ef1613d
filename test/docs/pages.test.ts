import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";
import { type Page, prose, readPages, root } from "./pages.ts";

/** The anchors that GitHub gives the headings of a page. */
function anchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const words = String(heading)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "");
    const anchor = words.trim().replaceAll(/\s/g, "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(headings);
}

function deadLinks(pages: readonly Page[], exists: (path: string) => boolean): string[] {
  const texts = new Map(pages.map(({ path, text }) => [path, text]));
  return pages.flatMap(({ path, text }) => {
    const links = [...prose(text).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, link]) =>
      String(link),
    );
    return links.flatMap((link) => {
      const [file, anchor] = link.split("#") as [string, string | undefined];
      const target = file === "" ? path : normalize(join(dirname(path), file));
      const there = texts.get(target);
      if (there === undefined && !exists(target)) return [`${path}: no file ${link}`];
      if (anchor === undefined || (there !== undefined && anchors(there).has(anchor))) return [];
      return [`${path}: no heading ${link}`];
    });
  });
}

it("every relative link of the pages leads to a file, and to a heading where it names one", () => {
  const exists = (path: string): boolean => existsSync(join(root, path));
  expect(deadLinks(readPages(), exists)).toEqual([]);
});

it("finds links that lead nowhere", () => {
  const text =
    "# A `b` c\n[a](#a-b-c) [b](docs/two.md#one) [c](three.ts) [d](docs) [e](https://x.y)";
  const pages = [
    { path: "one.md", text },
    { path: "docs/two.md", text: "# Two\n```md\n# One\n```\n[up](../one.md#a-b-c) [down](one.md)" },
  ];
  expect(deadLinks(pages, (path) => path === "docs")).toEqual([
    "one.md: no heading docs/two.md#one",
    "one.md: no file three.ts",
    "docs/two.md: no file one.md",
  ]);
});

it("every file that the page of the design names exists", () => {
  const names = new Set(
    ["src", "machines", "test", "workers"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (file) => `/${folder}/${file}`,
      ),
    ),
  );
  const text = prose(readFileSync(join(root, "src", "README.md"), "utf8"));
  const named = [...text.matchAll(/`([a-z0-9/-]+\.ts)`/g)].map(([, name]) => `/${name}`);
  const all = [...names];
  expect(named.filter((name) => !all.some((file) => file.endsWith(name)))).toEqual([]);
});

it("every law is numbered in order and names the test that holds it", () => {
  const text = readFileSync(join(root, "docs", "runtime-semantics.md"), "utf8");
  const laws = text.split(/^(?=\d+\. )/m).slice(1);
  expect(laws.map((law) => Number.parseInt(law, 10))).toEqual(laws.map((_law, at) => at + 1));
  expect(laws.filter((law) => !law.includes("](../test/"))).toEqual([]);
});

it("the README shows what its first program prints within a screen of 70 lines", () => {
  const lines = readFileSync(join(root, "README.md"), "utf8").split("\n");
  expect(lines.indexOf("```text")).toBeLessThan(70);
  expect(lines.length).toBeLessThanOrEqual(165);
});
