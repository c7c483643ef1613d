/**
 * Who answers: Claude where there is a key, otherwise the function in model.ts. The service in
 * main.ts and the command line run the same swarm:
 *
 *     $ npx coppice run examples/service/agents.ts --input "Where is order 42?"
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentSpec, defineTool, type ModelSpec, type SupervisorOptions } from "coppice";

const chosen = process.env.COPPICE_MODEL ?? "anthropic:claude-haiku-5-5";

const model: ModelSpec = process.env.ANTHROPIC_API_KEY
  ? { provider: "anthropic", model: chosen.replace(/^anthropic:/, ""), maxTokens: 1024 }
  : {
      provider: import.meta.resolve("./model.ts"),
      maxTokens: 1024,
      priceAs: chosen,
      wordMs: Number(process.env.WORD_MS ?? 60),
    };

const lookUp = defineTool({
  name: "look_up",
  description: "Looks up how an order stands.",
  input: { type: "object", properties: { order: { type: "string" } }, required: ["order"] },
  timeoutMs: 5_000,
  async execute({ order }, { labels, signal }) {
    // Stands for a database; a tenant sees only its own rows.
    await sleep(100, undefined, { signal });
    return { order, tenant: labels.tenant ?? "nobody", state: "sent on Tuesday" };
  },
});

const assistant: AgentSpec = {
  model,
  tools: ["look_up"],
  limits: { turns: 8 },
  timeoutMs: 60_000,
  instructions: "You answer customers. Look up the orders that they ask about.",
};

export default {
  tools: [lookUp],
  agents: { assistant },
  budget: { usd: 100, windows: [{ everyMs: 86_400_000, usd: 100 }] },
} satisfies SupervisorOptions;
