import { isDeepStrictEqual } from "node:util";
import type { InnerScene, Invariant } from "./invariant.ts";

/** The record of a stopped call is plain data, enough to continue the call, and kept only once. */
export const stoppedCalls: Invariant<InnerScene> = {
  name: "calls that have stopped are plain data",
  ofStep: ({ swarm }) => {
    const waiting = { budget: 0, rate: 0 };
    for (const { node, stoppedCalls } of swarm.records) {
      for (const [callId, progress] of stoppedCalls ?? []) {
        if (node.closed) return `${callId} is kept, and its agent is closed`;
        if (!isPlain(progress)) return `${callId} does not come back from JSON as it was`;
        if (progress.waitsFor !== undefined) waiting[progress.waitsFor] += 1;
      }
    }
    const { budget, rate } = waiting;
    const [queued, rateCleared] = [
      swarm.modelCalls.saved.waiting.size,
      swarm.rateLimitedCalls.waiting,
    ];
    if (budget !== queued) return `${queued} calls wait for a budget, and ${budget} are known`;
    if (rate !== rateCleared)
      return `${rateCleared} calls wait for their rate, and ${rate} are known`;
    return undefined;
  },
};

function isPlain(value: object): boolean {
  const known = Object.entries(value).filter(([, field]) => field !== undefined);
  return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), Object.fromEntries(known));
}
