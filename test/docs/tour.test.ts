import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declares } from "../tidy/declared.ts";
import { type Source, source } from "../tidy/source.ts";

const root = new URL("../../", import.meta.url);
const tour = readFileSync(new URL("src/TOUR.md", root), "utf8");

const steps = [...tour.matchAll(/^- `(\S+)` : `(\S+)` - \S.*$/gm)].map(
  ([, file, name]) => [file, name] as [string, string],
);
const sources = new Map<string, Source>();

function read(file: string): Source {
  const known = sources.get(file) ?? source(file, readFileSync(new URL(file, root), "utf8"));
  sources.set(file, known);
  return known;
}

describe("the tour", () => {
  it("has four journeys, and nothing but steps in its lists", () => {
    expect(tour.match(/^## /gm)).toHaveLength(4);
    expect(steps).toHaveLength(tour.match(/^- /gm)?.length ?? 0);
  });

  it.each(steps)("passes %s, which declares %s", (file, name) => {
    expect(declares(read(file), name)).toBe(true);
  });
});

describe("a declaration", () => {
  it.each([
    "export async function step(a: (b: number) => void): Promise<void> {}",
    "export class step extends Other {}",
    "export const step = 1;",
    "class A {\n  private step<Of>(\n    of: Of,\n  ): Of {}\n}",
    "class A {\n  get step(): number {}\n}",
    "class A {\n  readonly step = (): void => undefined;\n}",
    "const actions = {\n  step: assign(() => ({})),\n};",
  ])("is found in %j", (text) => {
    expect(declares(source("a.ts", text), "step")).toBe(true);
  });

  it.each([
    "step(1);",
    "if (step(1)) {}",
    "return step(1);",
    "// function step() {}",
    'const a = "class step {}";',
    "export function steps() {}",
    "a.step(1);",
    "run({\n  step,\n});",
  ])("is not found in %j", (text) => {
    expect(declares(source("a.ts", text), "step")).toBe(false);
  });
});
