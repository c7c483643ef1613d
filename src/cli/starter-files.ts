import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnPackage } from "./own-package.ts";

/**
 * The files of `examples/starter`, by the names that they get. An underscore stands for what must
 * not act where the file lies: npm packs no .gitignore, and a package.json or a tsconfig.json there
 * would hold for the files beside it.
 */
const NAMES: Readonly<Record<string, string>> = {
  "package.json": "_package.json",
  ".gitignore": "_gitignore",
  "tsconfig.json": "_tsconfig.json",
  "swarm.ts": "swarm.ts",
  "counter.ts": "counter.ts",
  "count-words.ts": "count-words.ts",
  "swarm.test.ts": "swarm.test.ts",
};

/** A file of a new swarm. */
export interface StarterFile {
  readonly name: string;
  readonly text: string;
}

/** All of them, for a package of this name that depends on the version that runs. */
export function starterFiles(name: string, { folder, version }: OwnPackage): StarterFile[] {
  return Object.entries(NAMES).map(([to, from]) => {
    const text = readFileSync(join(folder, "examples", "starter", from), "utf8");
    return { name: to, text: to === "package.json" ? manifestOf(text, name, version) : text };
  });
}

function manifestOf(text: string, name: string, version: string): string {
  const manifest = JSON.parse(text) as { readonly dependencies: object };
  const dependencies = { ...manifest.dependencies, coppice: `^${version}` };
  return `${JSON.stringify({ ...manifest, name, dependencies }, null, 2)}\n`;
}
