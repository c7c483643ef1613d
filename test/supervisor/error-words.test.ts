import { describe, expect, it } from "vitest";
import { defineTool, type Json, Supervisor } from "../../src/index.ts";

const input = { type: "object", properties: { path: { type: "string" } } };
const tool = (name: string) => defineTool({ name, description: name, input, execute: () => 1 });

interface Lead {
  readonly says: readonly { readonly name: string; readonly input?: Json }[];
  readonly rest?: object;
}

/** The result that the model of a lead reads of its last call. */
async function readOf({ says, rest = {} }: Lead): Promise<string> {
  const provider = new URL("../fixtures/supervisor/reads-refusal-model.ts", import.meta.url).href;
  await using supervisor = await Supervisor.start({
    threads: 0,
    tools: ["read_file", "list", "write_file"].map(tool),
    agents: {
      kid: { model: { provider: "scripted", steps: [{ text: "k" }], repeat: true } },
      lead: {
        model: { provider, calls: says.map(({ name, input = {} }) => ({ name, input })) },
        tools: ["read_file", "list"],
        agents: ["kid"],
        ...rest,
      },
    },
  });
  const outcome = await supervisor.run<string>("lead", { input: "go" });
  if (outcome.status !== "completed") throw new Error(JSON.stringify(outcome));
  return outcome.output;
}

const once = (name: string, given: Json = {}) => ({ says: [{ name, input: given }] });
const twice = (name: string, given: Json = {}) => ({ says: Array(2).fill({ name, input: given }) });

describe("what a model reads of a refusal", () => {
  it.each<[title: string, lead: Lead, told: string]>([
    [
      "a tool that it is not shown",
      once("write_file"),
      "CAPABILITY_DENIED: You may use: read_file, list, spawn_agent, send_message, wait_agents, " +
        "cancel_agent. Not write_file.",
    ],
    [
      "a tool that there is not",
      once("nothing"),
      'TOOL_UNKNOWN: There is no tool "nothing". You may use: read_file, list, spawn_agent, ' +
        "send_message, wait_agents, cancel_agent.",
    ],
    [
      "a kind of agent that there is not",
      once("spawn_agent", { agent: "nobody", input: "?" }),
      'AGENT_UNKNOWN: There is no kind of agent "nobody". You may start: kid.',
    ],
    [
      "an agent that it does not know",
      once("send_message", { to: "nobody", message: "?" }),
      'AGENT_UNKNOWN: You know no agent "nobody". You know: parent.',
    ],
    [
      "a budget that is spent",
      { ...twice("list"), rest: { budget: { toolCalls: 1 } } },
      "BUDGET_EXCEEDED: The budget for this is spent (toolCalls). Continue with what you have, " +
        "and say what is missing.",
    ],
    [
      "one agent too many",
      { ...twice("spawn_agent", { agent: "kid", input: "?" }), rest: { limits: { spawns: 1 } } },
      "SPAWNS_EXCEEDED: No more agents may be started. Continue with those you have, or alone.",
    ],
    [
      "an agent below the last level",
      { ...once("spawn_agent", { agent: "kid", input: "?" }), rest: { limits: { depth: 0 } } },
      "DEPTH_EXCEEDED: No agent may be started from here. Do the work yourself.",
    ],
    [
      "an argument that its grant does not cover",
      {
        ...once("read_file", { path: "/etc/passwd" }),
        rest: {
          grants: [
            "model:*",
            "spawn:*",
            { allow: "tool:read_file", where: { path: "path:/srv/**" } },
            "tool:list",
          ],
        },
      },
      'CAPABILITY_DENIED: /lead may not use "tool:read_file": the grant "tool:read_file" of ' +
        '/lead needs `path` as path:/srv/**, and it is "/etc/passwd".',
    ],
  ])("names what there is instead: %s", async (_, lead, told) => {
    expect(await readOf(lead)).toBe(told);
  });
});

describe("what an operator reads of a refusal", () => {
  const model = { provider: "anthropic", model: "claude-sonnet-4-5", maxTokens: 1_024 };
  it.each([
    [
      { usd: 0 },
      /^\/claude needs \$0\.0154 for this call; its budget is \$0\.00\. Raise `budget\.usd`/,
    ],
    [
      { tokens: 10 },
      /^\/claude needs 1,0\d\d tokens for this call; its budget is 10 tokens\. Raise/,
    ],
    [
      { usd: 9, perAction: { usd: 0.001 } },
      /its budget allows \$0\.001 to one call\. Raise `budget\.perAction\.usd`/,
    ],
  ])("has amounts in a person's units: %j", async (budget, told) => {
    const key = process.env.ANTHROPIC_API_KEY;
    process.env.ANTHROPIC_API_KEY = "none";
    try {
      await using supervisor = await Supervisor.start({
        threads: 0,
        agents: { claude: { model, budget } },
      });
      const outcome = await supervisor.run("claude", { input: "x" }).catch((error: Error) => error);
      expect((outcome as Error).message).toMatch(told);
    } finally {
      if (key === undefined) delete process.env.ANTHROPIC_API_KEY;
      else process.env.ANTHROPIC_API_KEY = key;
    }
  });
});
