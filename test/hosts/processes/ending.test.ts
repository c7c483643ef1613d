import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const program = new URL("../../fixtures/hosts/whole-life.ts", import.meta.url);
const limits = { timeout: 60_000, killSignal: "SIGKILL" } as const;

describe("a program with hosts", () => {
  it.each(["1", "2"])(
    "ends by itself after stop(), nothing left, with %s threads",
    async (threads) => {
      const { stdout } = await run(process.execPath, [fileURLToPath(program), threads], limits);
      // Standard output is a pipe here, and the program's own.
      const left = JSON.parse(stdout).left.filter((name: string) => name !== "PipeWrap");
      expect(left).toEqual([]);
    },
  );

  it("also works when it was given on the command line as a module", async () => {
    const text = `process.argv[2] = "1"; await import(${JSON.stringify(program.href)});`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", text], limits);
    expect(JSON.parse(stdout)).toHaveProperty("left");
  });
});
