import { defineTool, type SupervisorOptions } from "../../src/index.ts";
import type { AgentSpec } from "../../src/wire/spec.ts";

const usage = { inputTokens: 10, outputTokens: 5 };
const work = (n: number) => ({ name: "work", input: { n } });
const helper = (name: string, background: boolean) => ({
  name: "spawn_agent",
  input: { agent: "helper", input: "Help.", name, background },
});

const agents: Record<string, AgentSpec> = {
  lead: {
    model: {
      provider: "scripted",
      steps: [
        { text: "First.", toolCalls: [work(1), helper("front", false), work(2)], usage },
        { toolCalls: [helper("back", true)], delayMs: 2, usage },
        { toolCalls: [work(3), { name: "wait_agents", input: {} }], usage },
        { text: "All done.", delayMs: 2, usage },
      ],
    },
    tools: ["work"],
    agents: ["helper"],
  },
  helper: {
    model: {
      provider: "scripted",
      steps: [
        { toolCalls: [work(4)], delayMs: 2, usage },
        { text: "Helped.", usage },
      ],
    },
    tools: ["work"],
  },
  errand: {
    machine: new URL("../fixtures/supervisor/errand.ts", import.meta.url).href,
    model: { provider: "scripted", steps: [{ text: "Go home.", delayMs: 2, usage }] },
    agents: ["helper"],
    tools: ["work"],
  },
};

/** What `errand` completes with. */
export const errandOutput = [
  { isError: false, value: "worked" },
  { isError: false, value: "Helped." },
  "Helped.",
  "Go home.",
];

/** What was done in a run of `lead` or `errand`: each execution of its tool, by its callId. */
export interface SmallSwarm {
  readonly options: SupervisorOptions;
  readonly executed: readonly string[];
}

/** A lead with two tools at once, a child in the foreground and one in the background. */
export function smallSwarm(options: SupervisorOptions): SmallSwarm {
  const executed: string[] = [];
  const tool = defineTool({
    name: "work",
    description: "Works.",
    input: { type: "object", properties: { n: { type: "number" } } },
    execute: async (_, { callId }) => {
      executed.push(callId);
      await new Promise(setImmediate);
      return "worked";
    },
  });
  return { options: { tools: [tool], agents, ...options }, executed };
}
