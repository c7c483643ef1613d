import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { nodeTooOld } from "../../src/cli/node-version.ts";
import { chooseAgent } from "../../src/cli/swarm-file.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { nearest } from "../../src/wire/did-you-mean.ts";

describe("the command line", () => {
  const run = { type: "run", file: "a.ts", json: false, plain: false, inspect: false };

  it.each([
    ["run a.ts", run],
    ["run a.ts --json", { ...run, json: true }],
    ["run a.ts --plain", { ...run, plain: true }],
    ["run a.ts --inspect", { ...run, inspect: true }],
    ["run --agent lead a.ts", { ...run, agent: "lead" }],
    ["run a.ts --input -", { ...run, input: "-" }],
    ["run a.ts --input=", { ...run, input: "" }],
    ["run a.ts --input=--json", { ...run, input: "--json" }],
    ["run a.ts --agent a --agent b", { ...run, agent: "b" }],
    ["init", { type: "init", folder: "." }],
    ["init my-swarm", { type: "init", folder: "my-swarm" }],
    ["init -- --odd", { type: "init", folder: "--odd" }],
    ["init --help", { type: "help", of: "init" }],
    ["--help", { type: "help" }],
    ["run -h", { type: "help" }],
    ["-v", { type: "version" }],
  ])("reads `%s`", (line, command) => {
    expect(parseArguments(line.split(" "))).toEqual(command);
  });

  const help = "`coppice --help` lists what there is.";

  it.each([
    ["", "Say what to do: coppice run FILE, or coppice init DIR."],
    ["run", "Name the file to run: coppice run FILE."],
    ["inti", 'There is no command "inti"; did you mean `coppice init`?'],
    ["init a b", '"b" is one too many'],
    ["init --plain a", "--plain is for `coppice run`, not init."],
    ["rnu a.ts", 'There is no command "rnu"; did you mean `coppice run`?'],
    ["a.ts", 'There is no command "a.ts"; did you mean `coppice run a.ts`?'],
    ["zzz", `There is no command "zzz"; ${help}`],
    ["run a.ts b.ts", '"b.ts" is one too many'],
    ["run a.ts --jsno", "There is no option --jsno; did you mean --json?"],
    ["run a.ts --xyzzy", `There is no option --xyzzy; ${help}`],
    ["run a.ts -x", `There is no option -x; ${help}`],
    ["run a.ts --toString", `There is no option --toString; ${help}`],
    ["run a.ts --json=yes", "--json takes no value."],
    ["run a.ts --input", "--input needs a value"],
    ["run a.ts --input --json", '--input needs a value; one that begins with "-": --input=--json'],
    ["run a.ts --store x", "--store is not available in this version"],
    ["ps --store x", "`coppice ps` is not available in this version"],
    ["audit verify x", "`coppice audit` is not available in this version"],
  ])("refuses `%s`", (line, told) => {
    const read = () => parseArguments(line === "" ? [] : line.split(" "));
    expect(read).toThrow(UsageError);
    expect(read).toThrow(told);
  });
});

describe("the nearest name", () => {
  const names = ["agent", "input", "json", "store", "inspect", "help", "version"];

  it.each([
    ["jsno", "json"],
    ["jso", "json"],
    ["jsonn", "json"],
    ["hel", "help"],
    ["verison", "version"],
    ["inpsect", "inspect"],
    ["x", undefined],
    ["quiet", undefined],
    ["", undefined],
  ])("of %j is %j", (word, name) => {
    expect(nearest(word, names)).toBe(name);
  });

  it("of nothing is nothing", () => {
    expect(nearest("json", [])).toBeUndefined();
  });
});

describe("a Node", () => {
  it.each(["24.0.0", "25.1.0", "100.0.0"])("%s is new enough", (version) => {
    expect(nodeTooOld(version)).toBeUndefined();
  });

  it.each(["23.11.1", "20.20.2", "8.0.0"])("%s is told that 24 is needed", (version) => {
    expect(nodeTooOld(version)).toContain(`needs Node 24 or newer, and this is Node ${version}`);
  });
});

describe("the agent to run", () => {
  const file = (...names: string[]) => ({
    agents: Object.fromEntries(names.map((name) => [name, { model: "anthropic:claude" }])),
  });

  it.each([
    [file("only"), undefined, "only"],
    [file("a", "main"), undefined, "main"],
    [file("lead", "b"), undefined, "lead"],
    [file("lead", "main"), undefined, "main"],
    [file("a", "b"), "b", "b"],
  ])("is found", (options, asked, name) => {
    expect(chooseAgent(options, asked)).toBe(name);
  });

  it.each([
    [file("a", "b"), undefined, "Say which agent to run, with --agent NAME: a, b."],
    [file("lead", "writer"), "wrtier", "the file has lead, writer. Did you mean writer?"],
    [file("lead"), "zzz", 'There is no agent "zzz"; the file has lead.'],
    [file("lead"), "toString", 'There is no agent "toString"; the file has lead.'],
    [file(), undefined, "The file has no agents"],
    [{}, "a", "The file has no agents"],
  ])("is asked for", (options, asked, told) => {
    expect(() => chooseAgent(options, asked)).toThrow(told);
  });
});
