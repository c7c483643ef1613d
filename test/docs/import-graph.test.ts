import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layerOf } from "../tidy/layers.ts";
import { resolveLocal, type Source, source } from "../tidy/source.ts";
import { root } from "./pages.ts";

/** Arrows between rooms, each as `from --> to`. */
type Arrows = ReadonlySet<string>;

/** On these stand almost all rooms, and they on each other; arrows to them would hide the rest. */
const ground = new Set(["wire", "errors"]);

function librarySources(): Source[] {
  const paths = globSync("{src,machines,workers}/**/*.ts", { cwd: root });
  return paths.map((path) => source(path, readFileSync(join(root, path), "utf8")));
}

/** The rooms that each room imports from, the ground left out. */
function roomImports(sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> {
  const imports = new Map<string, Set<string>>();
  for (const file of sources) {
    const from = layerOf(file.path);
    if (from === undefined || ground.has(from)) continue;
    const own = imports.get(from) ?? new Set<string>();
    imports.set(from, own);
    for (const { specifier } of file.imports) {
      const target = resolveLocal(file.path, specifier);
      const to = target === undefined ? undefined : layerOf(target);
      if (to !== undefined && to !== from && !ground.has(to)) own.add(to);
    }
  }
  return imports;
}

/** The arrows that no way through other rooms makes superfluous. */
function arrowsOf(imports: ReadonlyMap<string, ReadonlySet<string>>): Arrows {
  const reached = new Map<string, ReadonlySet<string>>();
  const reach = (room: string): ReadonlySet<string> => {
    const known = reached.get(room);
    if (known !== undefined) return known;
    const found = new Set<string>();
    reached.set(room, found);
    for (const next of imports.get(room) ?? []) {
      found.add(next);
      for (const further of reach(next)) found.add(further);
    }
    return found;
  };
  const arrows = [...imports].flatMap(([from, all]) =>
    [...all]
      .filter((to) => ![...all].some((other) => other !== to && reach(other).has(to)))
      .map((to) => `${from} --> ${to}`),
  );
  return new Set(arrows);
}

function drawnIn(page: string): Arrows {
  const [, drawing = ""] = /^```mermaid\nflowchart TD\n(.*?)^```$/ms.exec(page) ?? [];
  return new Set(
    drawing
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
  );
}

describe("the import graph of src/README.md", () => {
  it("is that of the code", () => {
    const page = readFileSync(join(root, "src", "README.md"), "utf8");
    expect([...drawnIn(page)]).toEqual([...arrowsOf(roomImports(librarySources()))].sort());
  });

  it("leaves out what other arrows lead to, and the ground", () => {
    const imports = roomImports([
      source("src/calls/a.ts", 'import "../engine/a.ts";\nimport "../kernel/a.ts";'),
      source("src/engine/a.ts", 'import "../kernel/a.ts";\nimport "../wire/a.ts";'),
      source("src/kernel/a.ts", 'import "../errors.ts";\nimport "xstate";\nimport "./b.ts";'),
    ]);
    expect([...arrowsOf(imports)]).toEqual(["calls --> engine", "engine --> kernel"]);
  });

  it("is read line by line", () => {
    const page = "```mermaid\nflowchart TD\n  a --> b\n  a --> c\n```\n";
    expect([...drawnIn(page)]).toEqual(["a --> b", "a --> c"]);
  });
});
