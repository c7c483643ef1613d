/** The swarm that `coppice run swarm.ts` runs: its agents, its tools, and what all may cost. */
import type { SupervisorOptions } from "coppice";
import { countWords } from "./count-words.ts";
import { counter } from "./counter.ts";

export default {
  tools: [countWords],
  agents: { counter },
  // Nobody spends more than this, whatever a model decides.
  budget: { usd: 0.1, toolCalls: 20 },
} satisfies SupervisorOptions;
