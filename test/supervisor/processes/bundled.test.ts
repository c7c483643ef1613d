import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { rollup } from "rollup";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../tools/temporary-folder.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const fixture = (name: string): string => join(repository, `test/fixtures/bundling/${name}.ts`);
const app = fixture("app");
const conditions = ["coppice-source"];

/** What CommonJS packages in a bundle of ES modules need, whatever they are. */
const banner = {
  js: [
    'import { createRequire as made } from "node:module";',
    "const require = made(import.meta.url);",
  ].join("\n"),
};

/** The snippets of docs/bundling.md, with what only this repository needs. */
const bundlers = {
  "esbuild, coppice external": (outfile: string) =>
    build({
      entryPoints: [app],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["coppice"],
    }),
  "rollup, coppice external": async (file: string) => {
    // Rollup reads no TypeScript: this program has nothing to strip but an annotation or two.
    const plain = await build({ entryPoints: [app], write: false, format: "esm" });
    const code = plain.outputFiles[0]?.text ?? "";
    const bundle = await rollup({
      input: "app",
      external: ["coppice"],
      plugins: [{ name: "app", resolveId: (id) => (id === "app" ? id : null), load: () => code }],
    });
    await bundle.write({ file, format: "esm" });
  },
  "esbuild, all in one file": (outfile: string) =>
    build({
      entryPoints: [app],
      outfile,
      conditions,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      banner,
    }),
};

const works = { status: "completed", output: "Hello from a thread.", ready: true };
const remedy =
  /there is no .*workers\/host\.js; if coppice was bundled, leave it out of the bundle/;

it.each([
  ["esbuild, coppice external", works],
  ["rollup, coppice external", works],
  [
    "esbuild, all in one file",
    { status: "failed", ready: false, told: expect.stringMatching(remedy) },
  ],
] as const)(
  "a program that embeds it, bundled by %s, works or says what to do",
  async (how, expected) => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "node_modules"));
    await symlink(repository, join(folder, "node_modules/coppice"));
    const file = join(folder, "dist/app.mjs");
    await bundlers[how](file);
    const args = [`--conditions=${conditions[0]}`, file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject(expected);
  },
);

it.each([
  ["of ES modules", "esm", "app.mjs"],
  ["of CommonJS", "cjs", "app.cjs"],
] as const)("one file %s is enough without threads, tools included", async (_, format, name) => {
  // A folder without packages: what is not in the file is not there.
  const folder = await temporaryFolder();
  const outfile = join(folder, name);
  await build({
    ...{ entryPoints: [fixture("tools")], outfile, conditions, bundle: true, platform: "node" },
    ...{ format, logLevel: "silent", ...(format === "esm" && { banner }) },
  });
  const { stdout } = await promisify(execFile)(process.execPath, [outfile], { cwd: folder });
  const told = ["json: TOOL_INPUT_INVALID", "zod ran", "json ran"];
  expect(JSON.parse(stdout)).toEqual({ status: "completed", told });
});
