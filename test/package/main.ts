/**
 * Packs the package and installs it as users do, into a fresh TypeScript project and a CommonJS
 * one: `npm run test:package`. Exits with 1 when something is not as expected.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm, packed } from "./packed.ts";

const root = mkdtempSync(join(tmpdir(), "coppice-package-"));

const swarm = `
const input = { type: "object", properties: { n: { type: "number" } } };
const about = { name: "double", description: "Doubles", input };
const double = defineTool({ ...about, execute: ({ n }) => 2 * n });
const steps = [{ toolCalls: [{ name: "double", input: { n: 21 } }] }, { text: "Done." }];
const twice = { model: { provider: "scripted", steps }, tools: ["double"] };
`;
const run = `
const options = { threads: 1, inspect: true, tools: [double], agents: { twice } };
const supervisor = await Supervisor.start(options);
const page = await fetch(new URL("elk.js", supervisor.inspectorUrl));
const { status, usage } = await supervisor.run("twice", { input: "Go." });
await supervisor.stop();
console.log(JSON.stringify({ status, toolCalls: usage.toolCalls, page: page.status }));
`;
const expected = '{"status":"completed","toolCalls":1,"page":200}';

const typed = `
import { type AgentSpec, defineTool, logTo, Supervisor } from "coppice";
import { callTool } from "coppice/door";
import { agentMachine, budgetLogic } from "coppice/machines";
import { ManualClock, simulate } from "coppice/testing";
import { z } from "zod";

const double = defineTool({
  name: "double",
  description: "Doubles",
  input: z.object({ n: z.number() }),
  execute: ({ n }) => 2 * n,
});
const steps = [{ toolCalls: [{ name: "double", input: { n: 21 } }] }, { text: "Done." }];
const twice: AgentSpec = { model: { provider: "scripted", steps }, tools: ["double"] };
const known: readonly unknown[] = [callTool, agentMachine, budgetLogic, ManualClock, simulate];
// What is inferred can be written down in a declaration.
export const started = () => Supervisor.start({ agents: { twice }, tools: [double] });
const counting = await Supervisor.start({
  threads: 0,
  tools: [double],
  agents: { twice: { output: { type: "object", properties: { n: { const: 4 } } } } },
}).catch(() => undefined);
export const bound = counting?.run.bind(counting);
export const four = async (): Promise<4 | undefined> => {
  const outcome = await counting?.run("twice");
  return outcome?.status === "completed" ? outcome.output.n : undefined;
};
export const run = <Output>(of: Supervisor, agent: string) => of.run<Output>(agent);
export const stopLog = (of: Supervisor): Disposable => logTo(of, (line) => line.length);
if (known.includes(undefined)) throw new Error("something is not exported");
${run}`;

/** What a library on top of this one exports: its declarations name each type by its package. */
const declared = `
import { defineComputeTool, defineTool, logTo, Supervisor } from "coppice";
import { callTool, reply } from "coppice/actor";
import { call, ManualClock, scripted, simulate, TestProbe } from "coppice/testing";

const agents = { a: { model: scripted("Done.") } };
export const supervisor = await Supervisor.start({ threads: 0, agents });
const about = { name: "a", description: "b", input: { type: "object" } } as const;
export const tools = [
  defineTool({ ...about, execute: () => 1 }),
  defineComputeTool({ ...about, module: "file:///a.js" }),
];
export const log = logTo(supervisor);
export const ref = await supervisor.spawn("a");
export const outcome = await ref.outcome;
export const views = {
  approvals: supervisor.approvals(),
  budget: supervisor.budget(),
  events: supervisor.events(),
  health: supervisor.health(),
  letters: supervisor.deadLetters(),
  stats: supervisor.stats(),
  tree: supervisor.tree(),
  usage: supervisor.usage(),
};
export const listen = () => supervisor.on("agent.stopped", (event) => event.outcome);
export const { cancel, decide, find, grant, pause, revoke, value, whenRoom } = supervisor;
export const model = scripted([call("a"), "Done."]);
export const probe = new TestProbe(supervisor);
export const seen = await probe.waitFor("tool.finished");
export const others = { callTool, clock: new ManualClock(), reply, simulate };
`;

const zodThree = `
import { defineTool, Supervisor } from "coppice";
import { call, scripted } from "coppice/testing";
import { z } from "zod";

const input = z.object({ n: z.number().default(3) });
const three = defineTool({ name: "three", description: "3", input, execute: ({ n }) => n });
const agent = { model: scripted([call("three"), "Done."]), tools: ["three"] };
const supervisor = await Supervisor.start({ threads: 1, tools: [three], agents: { agent } });
let result: unknown;
supervisor.on("tool.finished", (event) => (result = event.result));
const { status } = await supervisor.run("agent", { input: "Go." });
await supervisor.stop();
console.log(result, status);
`;

const common = `
const { defineTool, Supervisor } = require("coppice");
if (require("coppice/package.json").name !== "coppice") throw new Error("no package.json");
${swarm}
async function main() {${run}}
main();
`;

try {
  const tarball = packed(root);

  const modern = project(
    "typescript",
    { type: "module" },
    {
      "main.ts": typed,
      "declared.ts": declared,
    },
  );
  const compilers = ["typescript@7", "typescript5@npm:typescript@5.9"];
  npm(modern, "install", "--silent", tarball, "zod", "@types/node@24", ...compilers);
  // By default the newer one reads no types but those that are asked for.
  const strict = [
    "--strict",
    "--declaration",
    "--outDir",
    "out",
    "--module",
    "nodenext",
    "--skipLibCheck",
    "false",
  ];
  for (const [compiler, target] of [
    ["typescript", "es2023"],
    ["typescript", "esnext"],
    ["typescript5", "es2023"],
    ["typescript5", "esnext"],
  ] as const) {
    const program = join("node_modules", compiler, "bin/tsc");
    told(modern, process.execPath, [program, ...strict, "--target", target, "main.ts"], "");
    told(modern, process.execPath, [program, ...strict, "--target", target, "declared.ts"], "");
  }
  told(modern, process.execPath, ["main.ts"], expected);

  // Where zod 3 is, an own copy of zod 4 must not be in its way, nor the other way round.
  const older = project("zod3", { type: "module" }, { "main.ts": zodThree });
  npm(older, "install", "--silent", "zod@3", "zod-to-json-schema");
  npm(older, "install", "--silent", tarball);
  told(older, process.execPath, ["main.ts"], "3 completed");

  const classic = project("commonjs", {}, { "main.js": common });
  npm(classic, "install", "--silent", tarball);
  told(classic, process.execPath, ["main.js"], expected);
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}

function project(name: string, more: object, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  mkdirSync(folder);
  const about = { name: `a-${name}-project`, version: "1.0.0", private: true, ...more };
  writeFileSync(join(folder, "package.json"), JSON.stringify(about));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

function told(cwd: string, program: string, args: readonly string[], wanted: string): void {
  const what = `${cwd.slice(root.length + 1)}: ${args.join(" ")}`;
  const { stdout, stderr, status } = spawnSync(program, args, { cwd, encoding: "utf8" });
  const isFine = status === 0 && stdout.trim() === wanted;
  console.log(`${isFine ? "fine" : "WRONG"}  ${what}`);
  if (isFine) return;
  console.error(stdout, stderr);
  process.exitCode = 1;
}
