import { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import config from "../../vitest.config.ts";
import { refused, rule } from "../fixtures/no-processes.ts";

const guard = "test/fixtures/no-processes.ts";
const { execPath } = process;

it.each<[string, () => unknown]>([
  ["spawn", () => spawn(execPath, ["--version"])],
  ["exec", () => exec("true")],
  ["execFile", () => execFile(execPath, ["--version"])],
  ["fork", () => fork(import.meta.filename)],
  ["spawnSync", () => spawnSync(execPath, ["--version"])],
  ["execSync", () => execSync("true")],
  ["execFileSync", () => execFileSync(execPath, ["--version"])],
])("no process is started by %s where processes have no place", (_, start) => {
  expect(start).toThrow(rule);
  expect(refused.splice(0)).toHaveLength(1);
});

it("each group of tests but one is held to that", () => {
  const groups = (config.test?.projects ?? []).map((project) =>
    typeof project === "object" && "test" in project ? project.test : undefined,
  );
  const held = groups.filter((group) => group?.setupFiles?.includes(guard));
  expect(groups.map((group) => group?.name)).toEqual(["quick", "swarms", "processes"]);
  expect(held.map((group) => group?.name)).toEqual(["quick", "swarms"]);
});
