import { closeSync, openSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProgramRun, program } from "../program-run.ts";

const swarm = "test/fixtures/cli/swarm.ts";
const endings = "test/fixtures/cli/endings.ts";
const run = (agent: string, ...more: string[]) => ["run", endings, "--agent", agent, ...more];

describe("coppice run", () => {
  it("writes only the answer to standard output, and what happened to standard error", async () => {
    const { code, stdout, stderr } = await program(["run", swarm, "--input", "go"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "It is 5.\n" });
    const seen = stderr.split("\n").map((line) => line.replace(/^ *[\d.]+s {2}/, ""));
    const path = (name: string) => name.padEnd(25);
    expect(seen).toEqual(
      expect.arrayContaining([
        `${path("/lead")}says        then I ask.`,
        `${path("/lead")}calls       add {"a":2,"b":3}`,
        `${path("/lead")}result      add 5`,
        `${path("  /lead/helper")}completed   Yes.`,
      ]),
    );
    expect(stderr).toMatch(/refused +erase: TOOL_UNKNOWN/);
    expect(stderr).toMatch(
      /completed · 2 agents · 3 model calls, 1 tool call · 1,234 tokens \(1,200 in\) · \$0/,
    );
    expect(stderr).not.toContain("\u001b");
  });

  it("writes every event and then the outcome as lines of JSON", async () => {
    const { code, stdout, stderr } = await program(["run", swarm, "--json", "--input=go"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const outcome = events.pop();
    expect(outcome).toMatchObject({ type: "outcome", status: "completed", output: "It is 5." });
    const seqs = events.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ type: "agent.stopped", path: "/lead" });
    expect(events.map(({ type }) => type)).toContain("agent.output");
  });

  it("writes JSON only to standard output, whoever prints", async () => {
    const args = ["run", "test/fixtures/cli/prints.ts", "--agent=lead", "--json", "--input=go"];
    const { code, stdout, stderr } = await program(args);
    const own = "from the file\nfrom a tool\n{ no JSONfrom its end\n";
    expect({ code, stderr }).toEqual({ code: 0, stderr: own });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const printed = events.filter(({ type }) => type === "agent.printed");
    const told = printed.map(({ path, text }) => `${path} ${text}`);
    expect(told).toEqual(
      expect.arrayContaining([
        "/lead/thread logged 0\n",
        expect.stringMatching(/^\/lead\/process (at its import\n)?logged 0\n/),
        "/lead aside\n",
      ]),
    );
  });

  it.concurrent.each([
    ["completes", 0, "completed"],
    ["fails", 1, "no luck"],
    ["exhausts", 3, "modelCalls"],
    ["cannot-begin", 3, "BUDGET_EXCEEDED"],
    ["times-out", 4, "timed-out"],
  ])("ends with its own exit code when the agent %s", async (agent, code, told) => {
    const ran = await program(run(agent));
    expect(ran.stderr).toContain(told);
    expect(ran.code).toBe(code);
  });

  it("writes the error of a failed run as JSON", async () => {
    const { stdout } = await program(run("fails", "--json"));
    const outcome = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    const error = { code: "MODEL_FAILED", message: expect.stringContaining("no luck") };
    expect(outcome).toMatchObject({ type: "outcome", status: "failed", error });
  });

  it("gives the agent what standard input holds", async () => {
    const { code, stdout } = await program(run("echoes", "--input", "-"), { stdin: "from afar" });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ told: "from afar" });
  });

  it("cancels the swarm when the reader of its JSON goes away", async () => {
    const started = new ProgramRun(run("chatters", "--json"));
    await started.says("agent.output");
    started.child.stdout?.destroy();
    const { code, signal, stderr } = await started.ended;
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(stderr).not.toContain("EPIPE");
  });
});

describe("standard output on a full disk", () => {
  it.each([[[]], [["--json"]]])("with %j is an error, and not a success", async (options) => {
    const stdout = openSync("/dev/full", "w");
    const { code, stderr } = await program(run("echoes", "--input=go", ...options), { stdout });
    closeSync(stdout);
    expect(stderr).toContain("The output could not be written: ENOSPC");
    expect(code).toBe(1);
  });
});

describe("a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("%s cancels the tree, and says so", async (signal) => {
    const started = new ProgramRun(run("waits"));
    await started.says("calls       never");
    started.child.kill(signal);
    const ran = await started.ended;
    expect(ran).toMatchObject({ code: 130, signal: null, stdout: "" });
    expect(ran.stderr).toContain(`${signal}: cancelling every agent`);
    expect(ran.stderr).toMatch(/\/waits +cancelled +interrupted by/);
  });

  it("kills at once when it comes a second time", async () => {
    const started = new ProgramRun(run("stubborn", "--json"));
    await started.says('"state":"ready"');
    started.child.kill("SIGINT");
    await started.says("cancel.signalled");
    await started.killAgain("SIGINT");
    const { code, signal, stdout, stderr } = await started.ended;
    expect({ code, signal }).toEqual({ code: 137, signal: null });
    expect(stderr).toContain("SIGINT again: killing");
    const outcome = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(outcome).toMatchObject({ status: "killed" });
  });
});

describe("the command line", () => {
  it.concurrent.each([
    [["run"], "Name the file to run"],
    [["run", "nowhere.ts"], "There is no file"],
    [["run", "test/fixtures/cli"], "is a folder: name a file in it"],
    [["run", "test/fixtures/cli/promise.ts"], "exports a promise: write `export default await"],
    [["run", "test/fixtures/cli/started.ts"], "a Supervisor that has started: export its options"],
    [["run", "test/fixtures/cli/no-default.ts"], "needs a default export, and has none"],
    [["run", "test/fixtures/cli/wrong-default.ts"], "one of another kind (array)"],
    [["run", "test/fixtures/cli/throws.ts"], "cannot be imported: Error: this file throws"],
    [["run", "test/fixtures/cli/never-imported.ts"], "waits at its top level for what never comes"],
    [["run", "test/fixtures/cli/no-agents.ts"], "The file has no agents"],
    [["run", "test/fixtures/cli/wrong-option.ts"], "OPTIONS_INVALID"],
    [["run", swarm], 'Say what "lead" is to do: --input TEXT'],
    [["run", swarm, "--agent", "leda"], "the file has lead, helper. Did you mean lead?"],
    [["run", endings], "Say which agent to run, with --agent NAME: completes, echoes, fails"],
    [["run", swarm, "--store", "x"], "--store is not available in this version"],
  ])("%j is refused with what to do", async (args, told) => {
    const { code, stdout, stderr } = await program(args);
    expect(stderr).toContain(told);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("tells its version, and how to be used", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await program(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
    const help = await program(["--help"]);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/137 {2}killed/);
  });

  it("says in one line that an old Node is too old", async () => {
    const nodeArgs = ["--import=./test/fixtures/cli/old-node.ts"];
    const { code, stderr } = await program(["run", swarm], { nodeArgs });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^coppice needs Node 24 or newer, and this is Node 22.11.0: .*\n$/);
  });
});
