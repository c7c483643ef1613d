import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Manifest = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));

it("the lock file is whole: a fresh `npm install` has nothing to write into it", () => {
  const manifest = read("package.json") as Manifest;
  const { packages } = read("package-lock.json") as { packages: Record<string, Manifest> };
  for (const kind of ["dependencies", "devDependencies", "peerDependencies"]) {
    expect(packages[""]?.[kind]).toEqual(manifest[kind]);
  }
  const missing = Object.entries(packages).flatMap(([path, { dependencies = {} }]) =>
    Object.keys(dependencies).filter(
      (name) => !foldersAbove(path).some((at) => at + name in packages),
    ),
  );
  expect(missing).toEqual([]);
});

/** Where Node looks for what a package needs: in its own folder, and in each above it. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split("node_modules/");
  return parts
    .map((_, at) => `${parts.slice(0, at).join("node_modules/")}node_modules/`)
    .concat(path === "" ? [] : `${path}/node_modules/`);
}
