import { expect, it } from "vitest";
import { program } from "../../cli/program-run.ts";

it("coppice run --inspect says where the page is, on standard error", async () => {
  const file = "test/fixtures/cli/swarm.ts";
  const { code, stdout, stderr } = await program(["run", file, "--inspect", "--input", "go"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "It is 5.\n" });
  expect(stderr).toMatch(/^Inspector: http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/m);
});
