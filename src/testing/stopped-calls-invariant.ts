import { isDeepStrictEqual } from "node:util";
import type { InnerScene, Invariant } from "./invariant.ts";

/** What is known of calls that have stopped on their way is enough to go on with, and kept once. */
export const stoppedCalls: Invariant<InnerScene> = {
  name: "calls that have stopped are plain data",
  ofStep: ({ swarm }) => {
    const waiting = { budget: 0, rate: 0 };
    for (const { node, standings } of swarm.records) {
      for (const [callId, standing] of standings ?? []) {
        if (node.closed) return `${callId} is kept, and its agent is closed`;
        if (!isPlain(standing)) return `${callId} does not come back from JSON as it was`;
        if (standing.waitsFor !== undefined) waiting[standing.waitsFor] += 1;
      }
    }
    const { budget, rate } = waiting;
    const [queued, paced] = [swarm.modelCalls.saved.waiting.size, swarm.pacedCalls.waiting];
    if (budget !== queued) return `${queued} calls wait for a budget, and ${budget} are known`;
    if (rate !== paced) return `${paced} calls wait for their rate, and ${rate} are known`;
    return undefined;
  },
};

function isPlain(value: object): boolean {
  const known = Object.entries(value).filter(([, field]) => field !== undefined);
  return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), Object.fromEntries(known));
}
