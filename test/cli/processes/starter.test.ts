import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { init } from "../../../src/cli/init.ts";
import { say, startMessagesServer, text, toolUse } from "../../fixtures/messages-server.ts";
import { temporaryFolder } from "../../fixtures/temporary-folder.ts";
import { program } from "../program-run.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);

/** A new swarm in which `coppice` is this repository. */
function madeSwarm(): string {
  const folder = join(temporaryFolder(), "a swarm");
  init({ type: "init", folder });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repository, join(folder, "node_modules", "coppice"));
  return folder;
}

it("a new swarm runs without a key", async () => {
  const { code, stdout, stderr } = await program(["run", "swarm.ts"], { cwd: madeSwarm() });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "There are 17 words in it.\n" });
  expect(stderr).toMatch(/result +count_words 17/);
});

it("a new swarm's test passes", async () => {
  const { NODE_TEST_CONTEXT: _own, ...env } = process.env;
  const args = ["--conditions=coppice-source", "--test"];
  const { stdout } = await run(process.execPath, args, { cwd: madeSwarm(), env });
  expect(stdout).toMatch(/pass 1\n/);
});

it("a new swarm runs on Claude once one line is changed, within its budget", async () => {
  await using service = await startMessagesServer({
    key: "key",
    reply: (_request, index) =>
      index === 0
        ? say([toolUse("call_1", "count_words", { text: "one two" })])
        : say([text("Two.")]),
  });
  const cwd = madeSwarm();
  const file = join(cwd, "counter.ts");
  const source = readFileSync(file, "utf8");
  // As its comment says: without the script, and the line above it without its signs.
  const changed = source
    .replace(/ {2}model: \{\n.*?\n {2}\},\n/s, "")
    .replace("// model:", "model:");
  writeFileSync(file, changed);
  expect(changed).not.toContain("scripted");
  const env = { ANTHROPIC_API_KEY: "key", ANTHROPIC_BASE_URL: service.url };
  const { code, stdout } = await program(["run", "swarm.ts", "--input", "one two?"], { cwd, env });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "Two.\n" });
  expect(service.requests.map(({ body }) => body.model)).toEqual(Array(2).fill("claude-haiku-5-5"));
});
