import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownModule } from "../wire/own-module.ts";

/** The address of a module of `workers/`. */
export function workerEntry(name: "host" | "process" | "compute"): URL {
  return ownModule(`../../workers/${name}`, import.meta.url);
}

/** **Fails with** an `Error` that says what to do where the module is not there. */
export function assertThere(entry: URL): void {
  const file = fileURLToPath(entry);
  if (existsSync(file)) return;
  const why = 'if coppice was bundled, leave it out of the bundle (`external: ["coppice"]`)';
  throw new Error(`there is no ${file}; ${why} and install it beside it: see docs/bundling.md`);
}
