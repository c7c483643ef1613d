import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { readSwarmFile } from "../../src/cli/swarm-file.ts";

const folders: string[] = [];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "coppice-file-"));
  folders.push(folder);
});
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const said = (path: string) =>
  readSwarmFile(path).then(
    () => "taken",
    (thrown: Error) => `${thrown.name}: ${thrown.message}`,
  );

describe("a file in a package of CommonJS", () => {
  beforeEach(() => void file("package.json", '{ "name": "x", "type": "commonjs" }'));

  it.each([
    ["swarm.ts", "swarm.mts"],
    ["swarm.js", "swarm.mjs"],
  ])("that is an ES module by the name %s is refused with the remedy", async (name, better) => {
    const path = file(name, 'import "node:fs";\nexport default { agents: {} };\n');
    const manifest = join(folder, "package.json");
    expect(await said(path)).toBe(
      `UsageError: ${path} is an ES module, and ${manifest} says "commonjs": ` +
        `write "type": "module" there, or name the file ${better}.`,
    );
  });

  it.each(["swarm.js", "swarm.cjs"])("that is of CommonJS, too, is taken: %s", async (name) => {
    expect(await said(file(name, "module.exports = { agents: {} };\n"))).toBe("taken");
  });

  it("that says by its name that it is an ES module is taken", async () => {
    expect(await said(file("swarm.mts", "export default { agents: {} };\n"))).toBe("taken");
  });
});

describe("a file", () => {
  it.each(["swarm.ts", "swarm.mts"])("in an installed package is refused: %s", async (name) => {
    folder = join(folder, "node_modules", "an-example");
    mkdirSync(folder, { recursive: true });
    const path = file(name, "export default { agents: {} };\n");
    expect(await said(path)).toBe(
      `UsageError: ${path} is TypeScript in node_modules, which Node does not run: ` +
        "copy its folder out of there, and run the copy.",
    );
    expect(await said(file("swarm.mjs", "export default { agents: {} };\n"))).toBe("taken");
  });

  it("that cannot be read as a program is refused without Node's own lines", async () => {
    const told = await said(file("swarm.mts", "export default {\n"));
    expect(told).toMatch(/^UsageError: .*swarm\.mts cannot be imported: /);
    expect(told).not.toContain("node:internal");
  });

  it.each([
    ["throw 'text';", "cannot be imported: text"],
    ["import 'not-there-at-all';", "Cannot find package 'not-there-at-all'"],
    ["import 'not-there/a/file.js';", "\nInstall what is missing: npm install not-there"],
    ["import '@not/there/a';", "\nInstall what is missing: npm install @not/there"],
    ["import.meta.resolve('@not/there/a');", "\nInstall what is missing: npm install @not/there"],
    ["export default () => ({});", "has one of another kind (function)"],
    ["export default null;", "has one of another kind (null)"],
    ["export default Promise.resolve({});", "exports a promise: write `export default await …`."],
  ])("that says %s is refused", async (text, told) => {
    expect(await said(file("swarm.mjs", text))).toContain(told);
  });
});
