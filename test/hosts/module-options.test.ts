import { describe, expect, it } from "vitest";
import { moduleOptions } from "../../src/hosts/module-options.ts";

describe("what a thread or process needs of its program's own options", () => {
  it.each([
    [
      ["--conditions=a", "--conditions", "b", "-C", "c"],
      ["--conditions=a", "--conditions=b", "--conditions=c"],
    ],
    [
      ["--import", "./hooks.mjs", "-r", "./early.cjs"],
      ["--import=./hooks.mjs", "--require=./early.cjs"],
    ],
    [
      ["--enable-source-maps", "--preserve-symlinks"],
      ["--enable-source-maps", "--preserve-symlinks"],
    ],
    [["--conditions"], []],
    [["--input-type=module", "-e", "code()", "--inspect=0", "--env-file=.env", "--permission"], []],
    [["--max-old-space-size=8000", "--conditionsx=a"], []],
  ])("of %j is %j", (given, needed) => {
    expect(moduleOptions(given)).toEqual(needed);
  });
});
