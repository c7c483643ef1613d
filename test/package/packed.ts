import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../..");

/** Builds the package and packs it as `npm publish` would; answers with the tarball's path. */
export function packed(into: string): string {
  npm(repository, "run", "--silent", "build");
  npm(repository, "pack", "--silent", "--ignore-scripts", "--pack-destination", into);
  const name = readdirSync(into).find((file) => file.endsWith(".tgz"));
  if (name === undefined) throw new Error("npm pack left no tarball");
  return join(into, name);
}

/** Runs npm in a folder, and fails with what it says where it fails. */
export function npm(cwd: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${status}: ${stderr}`);
}
