import { execFile } from "node:child_process";
import { globSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

it("the package holds every example and document, and no source, test or output", async () => {
  // What a run of the swarm leaves behind.
  mkdirSync(`${root}examples/swarm/out`, { recursive: true });
  writeFileSync(`${root}examples/swarm/out/leftover.md`, "");
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", args, {
    cwd: root,
    shell: process.platform === "win32",
  });
  const [told] = Object.values(JSON.parse(stdout)) as { files: { path: string }[] }[];
  const packed = told?.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
  const wanted = globSync("{examples,docs}/**/*.*", { cwd: root })
    // A file whose name begins with a dot too, which npm might leave out.
    .concat(readdirSync(`${root}examples/starter`).map((name) => `examples/starter/${name}`))
    .filter((path) => !path.startsWith("examples/swarm/out/"));
  const own = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  expect(packed?.sort()).toEqual([...new Set([...own, ...wanted])].sort());
});
