import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

/** The package of this program, wherever it was installed or built. */
export interface OwnPackage {
  readonly folder: string;
  readonly version: string;
}

export function ownPackage(): OwnPackage {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined)
    throw new Error("the package.json of coppice is missing: install it again");
  const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version: string };
  return { folder: dirname(path), version };
}
