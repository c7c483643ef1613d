import {
  type AgentSpec,
  type Budget,
  defineTool,
  type Grant,
  type Limits,
  type ScriptedStep,
  type SupervisorOptions,
} from "coppice";
import type { Random } from "coppice/testing";

type Call = NonNullable<ScriptedStep["toolCalls"]>[number];

const machine = new URL("../fixtures/simulation/errand.ts", import.meta.url).href;
const moody = new URL("../fixtures/simulation/moody-model.ts", import.meta.url).href;
const moods = ["works", "calm", "refused", "refusal", "max_tokens", "pause_turn", "new_reason"];
const talker = new URL("../fixtures/simulation/talker.ts", import.meta.url).href;
const steps = [
  ...["tool", "tool", "model", "timer", "front", "back", "ask", "watch", "send", "send"],
  "throw",
] as const;
const input = { type: "object", properties: { n: { type: "number" } } };

const work = defineTool({
  name: "work",
  description: "Works.",
  input,
  timeoutMs: 2_000,
  execute: ({ n }) => n ?? 0,
});
const look = defineTool({
  name: "look",
  description: "Looks.",
  input,
  timeoutMs: 1_000,
  idempotent: true,
  execute: () => "nothing new",
});

/** Some swarm: loops and machines that spawn each other, under limits, budgets and grants. */
export function randomSwarm(random: Random): SupervisorOptions {
  const names = ["a", "b", "c"];
  const agents: Record<string, AgentSpec> = {};
  for (const [index, name] of names.entries()) {
    agents[name] = agent(random, names.slice(index), name);
  }
  agents.errand = { machine, agents: names.slice(1), ...common(random), ...modelOf(random, []) };
  return {
    agents,
    tools: [work, look],
    prices: { scripted: { input: 3, output: 15 } },
    threads: random.between(1, 2),
    approvalTimeoutMs: random.pick([500, 10_000]),
    graceMs: random.pick([0, 1_000, 5_000, 5_000]),
    limits: {
      spawns: random.between(2, 12),
      ...(random.chance(0.5) ? { concurrency: random.between(1, 4) } : {}),
      ...(random.chance(0.2) ? { queue: random.between(0, 3) } : {}),
      ...(random.chance(0.3) ? { depth: random.between(2, 4) } : {}),
    },
    intensity: intensity(random),
    ...(random.chance(0.3) ? { breaker: { failures: random.between(1, 2), openMs: 500 } } : {}),
    ...(random.chance(0.3) ? { budget: budget(random, 12) } : {}),
    ...(random.chance(0.1) ? purse(random, agents) : {}),
    ...(random.chance(0.1) ? { rates: { "tool:work": { perSecond: 2, burst: 1 } } } : {}),
  };
}

/** A budget of which each call reserves far more than it uses, so that they wait for each other. */
function purse(random: Random, agents: Record<string, AgentSpec>): Partial<SupervisorOptions> {
  const model = { provider: talker, priceAs: "scripted", maxTokens: 1_024 };
  const purses = Object.entries(agents).map(([name, { fallback: _, ...spec }]) => {
    return [name, { ...spec, model }] as const;
  });
  return { agents: Object.fromEntries(purses), budget: { tokens: random.between(2_500, 6_000) } };
}

/** A loop that follows a script. */
function agent(random: Random, below: readonly string[], name: string): AgentSpec {
  return {
    name,
    tools: ["work", "look"],
    agents: [...below, "errand"],
    ...modelOf(random, [...below, "errand"]),
    ...common(random),
    ...(random.chance(0.2) ? { lifetime: "session" } : {}),
    ...(random.chance(0.15) ? moodySession(random) : {}),
  };
}

/** A loop whose model does not always end its turns well. */
function moodySession(random: Random): Partial<AgentSpec> {
  const some = Array.from({ length: random.between(2, 5) }, () => random.pick(moods));
  return {
    model: { provider: moody, moods: some, priceAs: "scripted" },
    ...(random.chance(0.7) ? { lifetime: "session" } : {}),
  };
}

function modelOf(random: Random, below: readonly string[]): Partial<AgentSpec> {
  if (random.chance(0.2)) return { model: talk(random), fallback: talk(random) };
  return {
    model: script(random, below),
    ...(random.chance(0.2) ? { fallback: script(random, below) } : {}),
  };
}

/** A module whose prompts turn out longer than was reserved, and whose streams break. */
function talk(random: Random): NonNullable<AgentSpec["model"]> {
  const turns = [0, 1, 2].filter(() => random.chance(0.2));
  const inputTokens = random.pick([1, 1, 700, 3_000]);
  return { provider: talker, priceAs: "scripted", maxTokens: 20, inputTokens, breaksAt: turns };
}

function script(random: Random, below: readonly string[]): NonNullable<AgentSpec["model"]> {
  const turns = Array.from({ length: random.between(1, 4) }, () => turn(random, below));
  const last: ScriptedStep = { text: "Done." };
  return { provider: "scripted", steps: [...turns, last], repeat: true };
}

function turn(random: Random, below: readonly string[]): ScriptedStep {
  const calls = Array.from({ length: random.between(1, 2) }, () => callOf(random, below));
  return {
    text: "I go on.",
    ...(random.chance(0.95) ? { toolCalls: calls } : {}),
    ...(random.chance(0.3) ? { delayMs: random.between(1, 300) } : {}),
    ...(random.chance(0.03) ? { error: "the model is not well" } : {}),
    ...(random.chance(0.5) ? { usage: { inputTokens: 100, outputTokens: 20 } } : {}),
  };
}

function callOf(random: Random, below: readonly string[]): Call {
  const kind = random.below(below.length === 0 ? 2 : 7);
  if (kind === 0) return { name: "look", input: {} };
  if (kind === 1 || below.length === 0) return { name: "work", input: { n: kind } };
  if (kind === 2) return { name: "wait_agents", input: {} };
  if (kind === 3) return { name: "send_message", input: { to: pickOf(random), message: "Hm." } };
  if (kind === 4 && random.chance(0.3)) {
    return { name: "cancel_agent", input: { name: random.pick(below) } };
  }
  return spawnOf(random, random.pick(below));
}

function pickOf(random: Random): string {
  return random.pick(["parent", "b", "c", "errand", "/a"]);
}

function spawnOf(random: Random, name: string): Call {
  const task = name === "errand" ? errand(random) : "Go.";
  const background = random.chance(0.5);
  return { name: "spawn_agent", input: { agent: name, input: task, background } };
}

/** What an errand is sent to do. */
export function errand(random: Random): {
  readonly plan: readonly string[];
  readonly agent: string;
} {
  const plan = Array.from({ length: random.between(1, 4) }, () =>
    random.pick(random.chance(0.9) ? steps.slice(0, -1) : steps),
  );
  return { plan, agent: random.pick(["b", "c"]) };
}

function common(random: Random): Partial<AgentSpec> {
  return {
    intensity: intensity(random),
    ...(random.chance(0.5) ? supervision(random) : {}),
    ...(random.chance(0.05) ? { isolation: random.pick(["thread", "process"]) } : {}),
    ...(random.chance(0.4) ? { limits: limits(random) } : {}),
    ...(random.chance(0.25) ? { budget: budget(random, 6) } : {}),
    ...(random.chance(0.15) ? { timeoutMs: random.between(100, 4_000) } : {}),
    ...(random.chance(0.15)
      ? {
          grants: ["tool:look", "model:*", "spawn:*", "message:*", grant(random)],
        }
      : {}),
  };
}

/** What becomes of it, and of its children, when something goes wrong. */
function supervision(random: Random): Partial<AgentSpec> {
  return {
    restart: random.pick(["permanent", "transient", "transient", "temporary"]),
    restartFrom: random.pick(["input", "snapshot"]),
    strategy: random.pick(["one-for-one", "one-for-all", "rest-for-one"]),
  };
}

/** Within an hour: a permanent agent that waits for people would else begin anew for ever. */
function intensity(random: Random): NonNullable<AgentSpec["intensity"]> {
  const backoffMs = random.between(0, 300);
  return { maxRestarts: random.between(0, 3), withinMs: 3_600_000, backoffMs };
}

function grant(random: Random): Grant {
  return { allow: "tool:work", ...(random.chance(0.5) ? { uses: 2 } : { ask: true }) };
}

function limits(random: Random): Limits {
  return {
    ...(random.chance(0.2) ? { repeats: random.between(0, 2), errors: random.between(0, 2) } : {}),
    ...(random.chance(0.4) ? { children: random.between(0, 2) } : {}),
    ...(random.chance(0.4) ? { concurrency: random.between(1, 2) } : {}),
    ...(random.chance(0.4) ? { mailbox: random.between(0, 2) } : {}),
    ...(random.chance(0.4) ? { turns: random.between(0, 4) } : {}),
    ...(random.chance(0.4) ? { spawns: random.between(0, 6) } : {}),
    ...(random.chance(0.1) ? { depth: random.between(0, 2) } : {}),
  };
}

function budget(random: Random, most: number): Budget {
  return {
    ...(random.chance(0.2) ? { onExceeded: "ask" } : {}),
    ...(random.chance(0.5) ? { toolCalls: random.between(0, most) } : {}),
    ...(random.chance(0.5) ? { modelCalls: random.between(1, most) } : {}),
    ...(random.chance(0.2) ? { usd: random.between(1, most) / 1_000 } : {}),
    ...(random.chance(0.1) ? { windows: [{ everyMs: 1_000, toolCalls: 2, tokens: 300 }] } : {}),
    ...(random.chance(0.4) ? { tokens: random.between(50, most * 100) } : {}),
  };
}
