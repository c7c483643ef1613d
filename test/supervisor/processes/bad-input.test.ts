import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../../src/errors.ts";
import {
  type AgentRef,
  type AgentSpec,
  CoppiceError,
  type SpawnOptions,
  Supervisor,
  type SupervisorOptions,
} from "../../../src/index.ts";
import { MAX_DELAY_MS } from "../../../src/wire/clock.ts";
import { countingTool, script } from "../scripts.ts";

const model = script("said");
const speaker: AgentSpec = { model };
const modules = new URL("../../fixtures/hosts/modules/", import.meta.url);
const moduleOf = (name: string) => new URL(name, modules).href;
const notNumbers = [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, "3", null] as const;
const limits = [
  "depth",
  "spawns",
  "children",
  "concurrency",
  "queue",
  "mailbox",
  "turns",
  "repeats",
  "errors",
] as const;
const told = (options: object) => ({ provider: moduleOf("model.ts"), ...options });
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`label ${n}`, "set"]));
const circle: { self?: object } = {};
circle.self = circle;
const units = ["usd", "tokens", "toolCalls", "modelCalls"] as const;

const badSpecs: [string, unknown, ErrorCode][] = [
  ["no model and no machine", {}, "OPTIONS_INVALID"],
  ["nothing", null, "OPTIONS_INVALID"],
  ["an option that there is not", { model, temperature: 1 }, "OPTIONS_INVALID"],
  ["a tool that there is not", { model, tools: ["nothing"] }, "TOOL_UNKNOWN"],
  ["a glob that matches no tool", { model, tools: ["no/*"] }, "TOOL_UNKNOWN"],
  ["a template that there is not", { model, agents: ["nobody"] }, "AGENT_UNKNOWN"],
  ["a provider that there is not", { model: "nobody:x" }, "OPTIONS_INVALID"],
  ["a model without its provider", { model: "claude" }, "OPTIONS_INVALID"],
  [
    "a model with an option that there is not",
    { model: { ...(model as object), x: 1 } },
    "OPTIONS_INVALID",
  ],
  [
    "a delay that no timer can wait",
    { model: { provider: "scripted", steps: [{ delayMs: MAX_DELAY_MS + 1 }] } },
    "OPTIONS_INVALID",
  ],
  ["a script that is none", { model: { provider: "scripted" } }, "OPTIONS_INVALID"],
  ["a grant that names nothing", { model, grants: ["everything"] }, "OPTIONS_INVALID"],
  ["a machine that is no file: URL", { machine: "https://example.com/m.js" }, "OPTIONS_INVALID"],
  ["a machine that there is not", { machine: moduleOf("missing.ts") }, "MACHINE_INVALID"],
  ["a machine that throws when imported", { machine: moduleOf("throws.ts") }, "MACHINE_INVALID"],
  ["a module that exports no machine", { machine: moduleOf("no-machine.ts") }, "MACHINE_INVALID"],
  [
    "a model module that there is not",
    { model: { provider: moduleOf("missing.ts") } },
    "OPTIONS_INVALID",
  ],
  [
    "a module that exports no model",
    { model: { provider: moduleOf("no-machine.ts") } },
    "OPTIONS_INVALID",
  ],
  ["an input that cannot be cloned", { model, input: () => 1 }, "OPTIONS_INVALID"],
  ["a model option that cannot be cloned", { model: told({ f: () => 1 }) }, "OPTIONS_INVALID"],
  ["a model option that refers to itself", { model: told({ f: circle }) }, "OPTIONS_INVALID"],
  [
    "a script whose call has an input that cannot be cloned",
    { model: { provider: "scripted", steps: [{ toolCalls: [{ name: "add", input: () => 1 }] }] } },
    "OPTIONS_INVALID",
  ],
  [
    "thinking that is no JSON",
    { model: { provider: "anthropic", model: "claude", thinking: 10n } },
    "OPTIONS_INVALID",
  ],
  [
    "an input with something in it that cannot be cloned",
    { model, input: { deep: [Symbol("x")] } },
    "OPTIONS_INVALID",
  ],
  ["a name that is no part of a path", { model, name: "a/b" }, "NAME_INVALID"],
  ["a lifetime that there is not", { model, lifetime: "forever" }, "OPTIONS_INVALID"],
  ["a time of 0", { model, timeoutMs: 0 }, "OPTIONS_INVALID"],
  ["a label that is no text", { model, labels: { tenant: 1 } }, "OPTIONS_INVALID"],
  ["a label without a name", { model, labels: { "": "acme" } }, "OPTIONS_INVALID"],
  ["a label that cannot be asked for", { model, labels: { "a=b": "acme" } }, "OPTIONS_INVALID"],
  ["a label's name of 129", { model, labels: { ["n".repeat(129)]: "" } }, "OPTIONS_INVALID"],
  ["a label of 1,025", { model, labels: { tenant: "t".repeat(1_025) } }, "OPTIONS_INVALID"],
  ["65 labels", { model, labels: labels(65) }, "OPTIONS_INVALID"],
  ...limits.flatMap((limit) =>
    notNumbers.map((value): [string, unknown, ErrorCode] => [
      `${limit}: ${value}`,
      { model, limits: { [limit]: value } },
      "OPTIONS_INVALID",
    ]),
  ),
  ...units.flatMap((unit) =>
    notNumbers
      .filter((value) => unit !== "usd" || value !== 1.5)
      .map((value): [string, unknown, ErrorCode] => [
        `${unit}: ${value}`,
        { model, budget: { [unit]: value } },
        "OPTIONS_INVALID",
      ]),
  ),
  ["a limit that there is not", { model, limits: { width: 1 } }, "OPTIONS_INVALID"],
  ["a unit that there is not", { model, budget: { euros: 1 } }, "OPTIONS_INVALID"],
];

const badOptions: [string, unknown, ErrorCode][] = [
  ["an option that there is not", { timeout: 1 }, "OPTIONS_INVALID"],
  ["no input", { input: undefined }, "OPTIONS_INVALID"],
  ["an input that cannot be cloned", { input: { f() {} } }, "OPTIONS_INVALID"],
  ["an input that is no JSON", { input: { big: 1n } }, "OPTIONS_INVALID"],
  ["an input that is a circle", { input: circle }, "OPTIONS_INVALID"],
  ["a name with a slash", { name: "a/b" }, "NAME_INVALID"],
  ["an empty name", { name: "" }, "NAME_INVALID"],
  ["a tool that there is not", { tools: ["nothing"] }, "TOOL_UNKNOWN"],
  ["a grant that names nothing", { grants: ["everything"] }, "OPTIONS_INVALID"],
  ["65 labels", { labels: labels(65) }, "OPTIONS_INVALID"],
  ["a limit that is no number", { limits: { turns: Number.NaN } }, "OPTIONS_INVALID"],
  ["a negative budget", { budget: { tokens: -1 } }, "OPTIONS_INVALID"],
  ["a time that is no number", { timeoutMs: Number.NaN }, "OPTIONS_INVALID"],
  ["a signal that is none", { signal: {} }, "OPTIONS_INVALID"],
];

const badStarts: [string, unknown, ErrorCode][] = [
  ["nothing", null, "OPTIONS_INVALID"],
  ["an option that there is not", { agent: {} }, "OPTIONS_INVALID"],
  ["a negative number of threads", { threads: -1 }, "OPTIONS_INVALID"],
  ["half a thread", { threads: 0.5 }, "OPTIONS_INVALID"],
  ["a limit that is no number", { limits: { depth: Number.NaN } }, "OPTIONS_INVALID"],
  ["a negative budget", { budget: { usd: -1 } }, "OPTIONS_INVALID"],
  ["a grant that names nothing", { grants: ["all"] }, "OPTIONS_INVALID"],
  ["a grace that is no number", { graceMs: Number.NaN }, "OPTIONS_INVALID"],
  ["a tool that is none", { tools: [{ name: "x" }] }, "OPTIONS_INVALID"],
  [
    "two tools of one name",
    { tools: [countingTool("t").tool, countingTool("t").tool] },
    "OPTIONS_INVALID",
  ],
  ["a template whose name is no part of a path", { agents: { "a b": speaker } }, "NAME_INVALID"],
  ["a server that is none", { mcpServers: { s: {} } }, "OPTIONS_INVALID"],
];

describe("a spec is refused with", () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await Supervisor.start({ threads: 1, agents: { speaker } });
  });
  afterAll(() => supervisor.stop());

  it.each(badSpecs)("%s, at the start and at the spawn", async (_what, spec, code) => {
    const agents = { bad: spec as AgentSpec };
    await expectRefusal(Supervisor.start({ threads: 1, agents }), code);
    await expectRefusal(supervisor.spawn(spec as AgentSpec, { input: "go" }), code);
    expect(supervisor.tree().children).toEqual([]);
    expect(supervisor.stats()).toMatchObject({ atWork: 0, queues: { spawns: 0, budget: 0 } });
  });

  it.each(badOptions)("%s among the options of a spawn", async (_what, options, code) => {
    const more = { input: "go", ...(options as SpawnOptions) };
    await expectRefusal(supervisor.spawn("speaker", more), code);
    expect(supervisor.tree().children).toEqual([]);
  });

  it("nobody of that name", async () => {
    await expectRefusal(supervisor.spawn("nobody", { input: "go" }), "AGENT_UNKNOWN");
    await expectRefusal(supervisor.spawn("constructor", { input: "go" }), "AGENT_UNKNOWN");
  });
});

it.each(badStarts)("a start is refused with %s", async (_what, options, code) => {
  await expectRefusal(Supervisor.start(options as SupervisorOptions), code);
});

it("a machine that never finishes importing is refused in time", async () => {
  const agents = { a: { machine: moduleOf("never.ts") } };
  await expectRefusal(Supervisor.start({ threads: 1, agents }), "MACHINE_INVALID");
});

it("a name is refused the second time, and free where the first was refused", async () => {
  await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
  const spawn = (options: SpawnOptions) => supervisor.spawn("speaker", { input: "go", ...options });
  await expectRefusal(spawn({ name: "one", limits: { concurrency: 0 } }), "QUEUE_FULL");
  await (await spawn({ name: "one" })).outcome;
  await expectRefusal(spawn({ name: "one" }), "NAME_INVALID");
});

it("templates whose names look numbered do not collide", async () => {
  const agents = { a: speaker, "a-2": speaker };
  await using supervisor = await Supervisor.start({ threads: 0, agents });
  const paths: string[] = [];
  for (const agent of ["a-2", "a", "a", "a"] as const) {
    paths.push((await supervisor.run(agent, { input: "go" })).path);
  }
  expect(paths).toEqual(["/a-2", "/a", "/a-3", "/a-4"]);
});

describe("a path that does not exist", () => {
  it("is AGENT_UNKNOWN wherever it is named, and not found", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const path = "/nobody";
    await expectRefusal(supervisor.cancel(path), "AGENT_UNKNOWN");
    await expectRefusal(supervisor.pause(path), "AGENT_UNKNOWN");
    await expectRefusal(supervisor.resume(path), "AGENT_UNKNOWN");
    expect(codeOf(() => supervisor.usage({ path }))).toBe("AGENT_UNKNOWN");
    expect(codeOf(() => supervisor.budget(path))).toBe("AGENT_UNKNOWN");
    expect(supervisor.find(path)).toBeUndefined();
  });
});

describe("a reference", () => {
  it("refuses what cannot be cloned, and a time that is none", async () => {
    const session: AgentSpec = { model, lifetime: "session" };
    await using supervisor = await Supervisor.start({ threads: 0, agents: { session } });
    const agent = await supervisor.spawn("session", { input: "go" });
    for (const message of [() => 1, { big: 1n }, circle, [Number.NaN]]) {
      expect(codeOf(() => agent.tell(message as never))).toBe("OPTIONS_INVALID");
    }
    for (const timeoutMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_DELAY_MS + 1]) {
      await expectRefusal(agent.ask("?", { timeoutMs }), "OPTIONS_INVALID");
    }
    await expectRefusal(agent.ask("?", undefined as never), "OPTIONS_INVALID");
  });
});

describe("stop", () => {
  it("refuses a grace that is none and a mode that there is not, and stops nothing", async () => {
    await using supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    for (const graceMs of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
      await expectRefusal(supervisor.stop({ graceMs }), "OPTIONS_INVALID");
    }
    await expectRefusal(supervisor.stop({ mode: "pause" as never }), "OPTIONS_INVALID");
    expect((await supervisor.run("speaker", { input: "go" })).status).toBe("completed");
  });

  it("refuses new agents afterwards, and answers for those that were", async () => {
    const supervisor = await Supervisor.start({ threads: 0, agents: { speaker } });
    const agent = await supervisor.spawn("speaker", { input: "go" });
    await supervisor.stop();
    await expectRefusal(supervisor.spawn("speaker", { input: "go" }), "SUPERVISOR_STOPPED");
    expect(agent.tell("hi")).toBe(false);
    await expectRefusal(agent.ask("hi", { timeoutMs: 10 }), "AGENT_STOPPED");
    expect((await agent.outcome).status).toBe("cancelled");
  });
});

it.each<[unknown, string]>([
  [new Error("too slow"), "too slow"],
  [{ because: () => 1 }, "{}"],
  [() => 1, "() => 1"],
  [5, "5"],
])("a reason to cancel that is no text is told as one: %s", async (reason, told) => {
  await using supervisor = await Supervisor.start({ threads: 0 });
  const waiter: AgentSpec = { model: { provider: "scripted", steps: [{ delayMs: 60_000 }] } };
  const agents = [];
  for (let n = 0; n < 2; n += 1) agents.push(await supervisor.spawn(waiter, { input: "go" }));
  const [one, other] = agents as [AgentRef, AgentRef];
  await one.cancel(reason as string);
  await supervisor.cancel(other.path, reason as string);
  for (const { outcome } of agents) {
    expect(await outcome).toMatchObject({ status: "cancelled", reason: told });
  }
});

it("a start that is aborted on its way is CANCELLED, and nothing is left of it", async () => {
  const abort = new AbortController();
  const agents = { a: { machine: moduleOf("good.ts") } };
  const start = Supervisor.start({ threads: 1, agents, signal: abort.signal });
  abort.abort("never mind");
  await expectRefusal(start, "CANCELLED");
});

it.each([0, 1])("a start on %d threads that is aborted waits for no import", async (threads) => {
  const signal = AbortSignal.timeout(300);
  const began = performance.now();
  const agents = { a: { machine: moduleOf("never.ts") } };
  await expectRefusal(Supervisor.start({ threads, agents, signal }), "CANCELLED");
  expect(performance.now() - began).toBeLessThan(20_000);
});

it("a start that is aborted waits for no MCP server", async () => {
  const server = fileURLToPath(new URL("../../fixtures/mcp/never-answers.ts", import.meta.url));
  const mcpServers = { mute: { command: process.execPath, args: [server], required: true } };
  const began = performance.now();
  const start = Supervisor.start({ threads: 0, mcpServers, signal: AbortSignal.timeout(300) });
  await expectRefusal(start, "CANCELLED");
  expect(performance.now() - began).toBeLessThan(20_000);
});

it("a program that was refused in every way ends by itself", async () => {
  const program = fileURLToPath(new URL("../../fixtures/supervisor/leaver.ts", import.meta.url));
  const args = ["--conditions=coppice-source", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  expect(stdout).toBe("refused\n");
});

async function expectRefusal(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(CoppiceError);
  const { code: told, message } = thrown as CoppiceError;
  expect([told, message]).toEqual([code, message]);
  expect(message).not.toContain(ERRORS[code].advice);
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (thrown) {
    return (thrown as CoppiceError).code;
  }
  return undefined;
}
