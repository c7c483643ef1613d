import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownModule } from "../wire/own-module.ts";

/** Returns the URL of a module in `workers/`. */
export function workerEntry(name: "host" | "process" | "compute"): URL {
  return ownModule(`../../workers/${name}`, import.meta.url);
}

/** Checks that a module is there. **Fails with** an `Error` that says what to do if not. */
export function assertThere(entry: URL): void {
  const file = fileURLToPath(entry);
  if (existsSync(file)) return;
  const why = 'if coppice was bundled, leave it out of the bundle (`external: ["coppice"]`)';
  throw new Error(`there is no ${file}; ${why} and install it beside it: see docs/bundling.md`);
}
