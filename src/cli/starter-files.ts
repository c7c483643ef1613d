import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnPackage } from "./own-package.ts";

/**
 * The files of `examples/starter`, by their names in a new swarm. An underscore disables a file
 * where it lies: npm packs no .gitignore, and a package.json or a tsconfig.json there would apply
 * to the files beside it.
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

/** Returns the files of a package of this name, which depends on the version that runs. */
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
