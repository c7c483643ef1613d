import { Supervisor } from "../../src/index.ts";
import { defineComputeTool } from "../../src/tools/compute-tool.ts";
import { defineTool } from "../../src/tools/tool.ts";

/** One thing that a newcomer gets wrong; it throws, or its run ends with an error. */
export interface Mistake {
  readonly what: string;
  readonly make: () => unknown;
}

const model = { provider: "scripted", steps: [{ text: "Hi." }], repeat: true };
const schema = { type: "object", properties: { a: { type: "number" } } };
const add = { name: "add", description: "Adds.", input: schema, execute: () => 1 };
const tool = defineTool(add);
const modules = new URL("../fixtures/hosts/modules/", import.meta.url);

type Loose = Readonly<Record<string, unknown>>;

async function started(options: Loose, use: (supervisor: Supervisor) => unknown): Promise<unknown> {
  const all = { threads: 0, folder: false, ...options };
  const supervisor = await Supervisor.start(all as never);
  try {
    const ended = (await use(supervisor)) as { error?: unknown } | undefined;
    if (ended?.error !== undefined) throw ended.error;
    return ended;
  } finally {
    await supervisor.stop({ graceMs: 0 });
  }
}

const option = (what: string, options: Loose): Mistake => ({
  what: `Supervisor.start: ${what}`,
  make: () => started(options, () => undefined),
});
const agent = (what: string, spec: unknown, input: unknown = "go"): Mistake => ({
  what: `run: ${what}`,
  make: () => started({ tools: [tool] }, (s) => s.run(spec as never, { input } as never)),
});
const use = (what: string, act: (supervisor: Supervisor) => unknown, options: Loose = {}) => ({
  what,
  make: () => started({ tools: [tool], agents: { talker: { model } }, ...options }, act),
});
const defined = (what: string, change: Loose): Mistake => ({
  what: `defineTool: ${what}`,
  make: () => defineTool({ ...add, ...change } as never),
});
const live = async (supervisor: Supervisor) =>
  supervisor.spawn({ name: "live", lifetime: "session", model } as never, { input: "go" });

export const mistakes: readonly Mistake[] = [
  { what: "new Supervisor()", make: () => Reflect.construct(Supervisor, []) },
  { what: "new Supervisor(options)", make: () => Reflect.construct(Supervisor, [{ threads: 0 }]) },
  { what: "Supervisor.start: null", make: () => Supervisor.start(null as never) },
  option("threads: -1", { threads: -1 }),
  option("threads: 1.5", { threads: 1.5 }),
  option('threads: "2"', { threads: "2" }),
  option("an option misspelt", { thread: 2 }),
  option("a limit misspelt", { limits: { deepth: 3 } }),
  option("a negative limit", { limits: { depth: -1 } }),
  option("a limit as text", { limits: { turns: "10" } }),
  option("a unit misspelt", { budget: { dollars: 1 } }),
  option("a negative budget", { budget: { usd: -1 } }),
  option("half a token", { budget: { tokens: 0.5 } }),
  option("NaN dollars", { budget: { usd: Number.NaN } }),
  option("warnAt of 80", { budget: { usd: 1, warnAt: 80 } }),
  option("onExceeded misspelt", { budget: { usd: 1, onExceeded: "halt" } }),
  option("a grant without a kind", { grants: ["add"] }),
  option("a grant of an unknown kind", { grants: ["tools:add"] }),
  option("a grant that is a number", { grants: [1] }),
  option("a where without a path", { grants: [{ allow: "tool:add", where: { p: "path:" } }] }),
  option("allow and deny in one grant", { grants: [{ allow: "tool:a", deny: "tool:b" }] }),
  option("grants that are no list", { grants: "tool:*" }),
  option("agents as a list", { agents: [{ model }] }),
  option("a template's name with a slash", { agents: { "a/b": { model } } }),
  option("a template without a model", { agents: { a: {} } }),
  option("a template of a tool that is not there", { agents: { a: { model, tools: ["ad"] } } }),
  option("a template of an agent that is not there", { agents: { a: { model, agents: ["b"] } } }),
  option("tools as an object", { tools: { add: tool } }),
  option("a tool that was not defined", { tools: [{ name: "x" }] }),
  option("two tools of one name", { tools: [tool, tool] }),
  option("a copy of a tool", { tools: [{ ...tool, name: "other" }] }),
  option("breaker: true", { breaker: true }),
  option("a server without a command", { mcpServers: { fs: {} } }),
  option("a server's command as one line", { mcpServers: { fs: { command: ["npx", "x"] } } }),
  option("a server with command and url", {
    mcpServers: { fs: { command: "x", url: "http://a" } },
  }),
  option("a required server that is not there", {
    mcpServers: { fs: { command: "no-such-command-here", required: true, timeoutMs: 2_000 } },
  }),
  option("approve that is no function", { approve: true }),
  option("approvalTimeoutMs: 0", { approvalTimeoutMs: 0 }),
  option("graceMs in seconds as text", { graceMs: "5s" }),
  option("heartbeatMs: 1", { heartbeatMs: 1 }),
  option("keepMb: -1", { keepMb: -1 }),
  option("inspect with a short token", { inspect: { token: "abc" } }),
  option("inspect on no port", { inspect: { port: 70_000 } }),
  option("a signal that is a controller", { signal: new AbortController() }),
  option("a store in this version", { store: "dir" }),
  option("prices without a model", { prices: { claude: 3 } }),
  option("a rate of no subject", { rates: { add: { perSecond: 1 } } }),
  option("a folder that is a number", { folder: 1 }),
  option("a clock without functions", { clock: {} }),
  agent("an unknown template", "talkr"),
  agent("no model and no machine", {}),
  agent("a number", 1),
  agent("a model's name without its provider", { model: "claude-haiku-4-5" }),
  agent("a provider that is not there", { model: "openay:gpt" }),
  {
    what: "run: a model without a key",
    make: () => {
      delete process.env.ANTHROPIC_API_KEY;
      const keyless = { name: "keyless", model: "anthropic:claude-haiku-5-5" };
      return started({}, (s) => s.run(keyless as never, { input: "go" }));
    },
  },
  agent("a model option that is not there", { model: { ...model, temprature: 1 } }),
  agent("a script without steps", { model: { provider: "scripted" } }),
  agent("a script that runs out", { model: { provider: "scripted", steps: [] } }),
  agent("an unknown tool", { model, tools: ["ad"] }),
  agent("a glob that matches nothing", { model, tools: ["fs/*"] }),
  agent("an unknown agent", { model, agents: ["nobody"] }),
  agent("a name with a slash", { model, name: "a/b" }),
  agent("a machine by path", { machine: "./machine.ts" }),
  agent("a machine that is not there", { machine: new URL("none.ts", modules).href }),
  agent("a module without a machine", { machine: new URL("no-machine.ts", modules).href }),
  agent("a module that throws", { machine: new URL("throws.ts", modules).href }),
  agent("a lifetime misspelt", { model, lifetime: "sesion" }),
  agent("a restart misspelt", { model, restart: "always" }),
  agent("a strategy misspelt", { model, strategy: "one_for_all" }),
  agent("timeoutMs: 0", { model, timeoutMs: 0 }),
  agent("memoryMb without isolation", { model, memoryMb: 100 }),
  agent("cpuSeconds on a thread", { model, isolation: "thread", cpuSeconds: 1 }),
  agent("an isolation misspelt", { model, isolation: "proces" }),
  agent("an output schema in this version", { model, output: schema }),
  agent("a label that is a number", { model, labels: { tenant: 7 } }),
  agent("instructions as a list", { model, instructions: ["a"] }),
  use("run: no input", (s) => s.run("talker", {} as never)),
  agent("an input that is a function", { model }, () => 1),
  agent("an input that is a map", { model }, new Map()),
  agent("a budget of nothing", { model: { ...model }, budget: { modelCalls: 0 } }),
  use("tell: a function", async (s) => (await live(s)).tell((() => 1) as never)),
  use("ask: without a time-out", async (s) => (await live(s)).ask("x", {} as never)),
  use("ask: a time-out of 0", async (s) => (await live(s)).ask("x", { timeoutMs: 0 })),
  use("cancel: an unknown path", (s) => s.cancel("/nobody")),
  use("cancel: a path without its slash", (s) => s.cancel("nobody")),
  use("pause: an unknown path", (s) => s.pause("/nobody")),
  use("decide: an unknown id", (s) => s.decide("nothing", { allow: true })),
  use("decide: no decision", (s) => s.decide("nothing", {} as never)),
  use("usage: a label without a value", (s) => s.usage({ label: "tenant" })),
  use("usage: an unknown path", (s) => s.usage({ path: "/nobody" })),
  use("budget: an unknown path", (s) => s.budget("/nobody")),
  use("events: since a text", (s) => s.events({ since: "now" } as never)),
  use("on: no listener", (s) => s.on("*", undefined as never)),
  use("stop: a mode misspelt", (s) => s.stop({ mode: "kill" } as never)),
  use("stop: suspend without a store", (s) => s.stop({ mode: "suspend" })),
  use("run: after stop", async (s) => {
    await s.stop();
    return s.run("talker", { input: "go" });
  }),
  use("run: an option misspelt", (s) => s.run("talker", { inputs: "go" } as never)),
  use("run: a signal that is none", (s) => s.run("talker", { input: "x", signal: {} } as never)),
  use("spawn: deeper than allowed", (s) => s.run("talker", { input: "x" }), {
    limits: { depth: 0 },
  }),
  use("spawn: more than allowed", (s) => s.run("talker", { input: "x" }), {
    limits: { spawns: 0 },
  }),
  use("spawn: no slot at all", (s) => s.run("talker", { input: "x" }), {
    limits: { concurrency: 0 },
  }),
  use("spawn: not granted", (s) => s.run("talker", { input: "x" }), { grants: ["tool:*"] }),
  defined("no name", { name: "" }),
  defined("a name with spaces", { name: "add two" }),
  defined("a reserved name", { name: "spawn_agent" }),
  defined("no description", { description: undefined }),
  defined("no execute", { execute: undefined }),
  defined("an input that is no schema", { input: "object" }),
  defined("an input that is no object", { input: { type: "string" } }),
  defined("a schema that is none", { input: { type: "objekt" } }),
  defined("a time-out of 0", { timeoutMs: 0 }),
  defined("an option misspelt", { idempotant: true }),
  {
    what: "defineComputeTool: a module by path",
    make: () =>
      defineComputeTool({ name: "a", description: "A.", input: schema, module: "./a.ts" } as never),
  },
];
