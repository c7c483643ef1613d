import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A module of `workers/`: it lies beside the source as source, beside what was built as built. */
export function workerEntry(name: "host" | "process" | "compute"): URL {
  // A bundle of the older kind of modules has no address.
  const here: string | undefined = import.meta.url;
  const base = here ?? "file:///bundle/src/hosts/worker-entry.js";
  return new URL(`../../workers/${name}${base.endsWith(".ts") ? ".ts" : ".js"}`, base);
}

/** **Fails with** an `Error` that says what to do where the module is not there. */
export function assertThere(entry: URL): void {
  const file = fileURLToPath(entry);
  if (existsSync(file)) return;
  const why = 'if coppice was bundled, leave it out of the bundle (`external: ["coppice"]`)';
  throw new Error(`there is no ${file}; ${why} and install it beside it: see docs/bundling.md`);
}
