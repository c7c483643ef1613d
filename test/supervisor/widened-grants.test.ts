import { describe, expect, it } from "vitest";
import { type AgentSpec, type Grant, type Json, Supervisor } from "../../src/index.ts";
import { call, countingTool, script } from "./scripts.ts";

const deny: Grant = { deny: "tool:sh", where: { cmd: "cmd:rm *" } };
const push: Grant = { allow: "tool:sh", where: { cmd: "cmd:git push *" }, ask: true };

/** Runs an agent that makes these calls, one a turn; answers with what was really run. */
async function run(grants: readonly Grant[], inputs: readonly Json[], allow = true) {
  const ran: unknown[] = [];
  const asked: unknown[] = [];
  const { tool } = countingTool("sh", (input) => ran.push(input));
  const agent: AgentSpec = {
    model: script(...inputs.map((input) => [call("sh", input)]), "done"),
    tools: ["sh"],
    grants: ["model:*", ...grants],
  };
  const approve = async ({ input }: { readonly input?: Json }) => {
    asked.push(input);
    return { allow };
  };
  await using supervisor = await Supervisor.start({ threads: 0, tools: [tool], approve });
  const denied: unknown[] = [];
  supervisor.on("tool.denied", ({ code }) => denied.push(code));
  expect(await supervisor.run(agent, { input: "go" })).toMatchObject({ status: "completed" });
  return { ran, asked, denied };
}

describe("a deny on a command's argument", () => {
  const cmds = ["rm -rf /srv", "sudo /bin/rm x", "true && rm x", "sh -c 'rm x'", "X=1 rm x"];

  it("stops the command with its options, behind others, and where it is not sure", async () => {
    const inputs = cmds.map((cmd) => ({ cmd }));
    const { ran, denied } = await run(["tool:sh", deny], [...inputs, {}, { cmd: ["rm", "x"] }]);
    expect(ran).toEqual([]);
    expect(denied).toEqual(Array(7).fill("CAPABILITY_DENIED"));
  });

  it("leaves everything else as it was said", async () => {
    const inputs = [{ cmd: "ls -la /srv" }, { cmd: "grep 'a b' x | wc -l" }];
    expect((await run(["tool:sh", deny], inputs)).ran).toEqual(inputs);
  });
});

describe("an ask on a command's argument", () => {
  const input = { cmd: "git push --force origin" };

  it.each([
    ["beside a right to everything", ["tool:sh", push]],
    ["alone", [push]],
  ] as const)("asks about its options too, %s", async (_, grants) => {
    expect(await run(grants, [input])).toEqual({ ran: [input], asked: [input], denied: [] });
    const no = await run(grants, [input], false);
    expect(no).toEqual({ ran: [], asked: [input], denied: ["APPROVAL_DENIED"] });
  });

  it("gives no right to anything else", async () => {
    const inputs = [{ cmd: "git push; rm x" }, { cmd: "rm x" }];
    const { ran, asked } = await run([push], inputs);
    expect([ran, asked]).toEqual([[], []]);
  });
});
