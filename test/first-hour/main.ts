/**
 * Types every command of the first hour with the packed package, in an empty folder, and shows what
 * comes of each: `npm run test:first-hour`. Ends with "fine", or with 1 and what was not.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packed } from "../package/packed.ts";
import { type Expected, Terminal } from "./commands.ts";

const root = mkdtempSync(join(tmpdir(), "coppice-first-hour-"));
const swarm = join(root, "my-swarm");
const terminal = new Terminal();
/** Not published yet, it comes from its tarball. */
const install = (tarball: string) => `npm install --prefer-offline ${tarball}`;
/** Packages that two of the examples need. */
const more = ["hono", "@hono/node-server", "@modelcontextprotocol/server-filesystem"];
const question = "How many words?";

/** Examples that go on until somebody interrupts them. */
const interrupted: Readonly<Record<string, Expected>> = {
  "03-custom-machine.ts": { until: /fixer +completed/, code: 130 },
  "04-cancellation.ts": { until: /digger +calls +dig/, code: 130 },
};

try {
  const tarball = packed(root);
  await terminal.type(root, install(tarball));
  await terminal.type(root, "npx coppice --help", { says: "coppice init [DIR]" });
  await terminal.type(root, "npx coppice init my-swarm", { says: "  cd my-swarm\n  npm install" });
  await terminal.type(root, "npx coppice init my-swarm", { code: 2, says: "is in the way" });
  console.log("\n$ cd my-swarm");
  // npm packs no file of this name: it comes from one with another.
  await terminal.type(swarm, "ls -A", { says: ".gitignore" });
  await terminal.type(swarm, install(tarball));
  await terminal.type(swarm, "npm start", { says: "There are 17 words in it." });
  await terminal.type(swarm, `npx coppice run swarm.ts --input "${question}"`, { says: "17" });
  await terminal.type(swarm, "npm test", { says: "pass 1" });
  await terminal.type(swarm, "npm run typecheck");

  await terminal.type(swarm, "cp -r node_modules/coppice/examples examples");
  await terminal.type(swarm, `npm install --prefer-offline ${more.join(" ")}`);
  for (const [name, command] of examples()) {
    await terminal.type(swarm, command, interrupted[name] ?? { says: " completed " });
    if (/^\d/.test(name)) await terminal.type(swarm, `node examples/${name}`, { says: ">" });
  }
  await terminal.type(swarm, "npm test", { says: "fail 0" });
  console.log("\nfine");
} catch (thrown) {
  console.error(`\nWRONG: ${thrown instanceof Error ? thrown.message : thrown}`);
  process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}

/** Each example with the command that its header shows. */
function examples(): [name: string, command: string][] {
  const folder = join(swarm, "examples");
  const found = globSync("**/*.ts", { cwd: folder }).flatMap((name): [string, string][] => {
    const [, command] =
      /^ \* {5}\$ (npx .*)$/m.exec(readFileSync(join(folder, name), "utf8")) ?? [];
    return command === undefined ? [] : [[name, command]];
  });
  if (found.length < 11) throw new Error(`only ${found.length} examples show their command`);
  return found.sort();
}
