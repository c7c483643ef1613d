import { Arbiter, type Standing } from "../../src/authority/arbiter.ts";
import type { ModelSpec } from "../../src/wire/spec.ts";

const model: ModelSpec = { provider: "anthropic", model: "claude-sonnet-4-5" };
const usage = { inputTokens: 900, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100 };

/** How many calls the door grants, reserves and settles per second, so many agents deep. */
export function doorPerSecond(kind: "tool" | "model", calls: number, depth = 4): number {
  const { arbiter, standing, callIds } = openDoor(calls, depth);
  const from = performance.now();
  for (const callId of callIds) {
    if (kind === "tool") {
      arbiter.tool(standing, { callId, tool: "add" });
      arbiter.settle(callId);
    } else {
      arbiter.model(standing, { callId, model, inputTokens: 1_000, maxTokens: 4_096 });
      arbiter.settle(callId, usage);
    }
  }
  const seconds = (performance.now() - from) / 1_000;
  return calls / seconds;
}

/** Microseconds that 99 of 100 tool calls do not exceed, the clock's own included. */
export function doorP99(calls: number, depth: number): number {
  const { arbiter, standing, callIds } = openDoor(calls, depth);
  const took = Float64Array.from(callIds, (callId) => {
    const from = performance.now();
    arbiter.tool(standing, { callId, tool: "add" });
    arbiter.settle(callId);
    return performance.now() - from;
  });
  return (took.sort()[Math.floor(0.99 * calls)] as number) * 1_000;
}

function openDoor(calls: number, depth: number) {
  const arbiter = new Arbiter({ budget: { usd: 9_000_000, toolCalls: 1e12, tokens: 1e12 } });
  const standing = standingAtDepth(arbiter, depth);
  const callIds = Array.from({ length: calls }, (_, n) => `${standing.path}#1.${n}`);
  return { arbiter, standing, callIds };
}

function standingAtDepth(arbiter: Arbiter, depth: number): Standing {
  const layers = [["tool:math/*", "tool:add", "model:anthropic:*", "spawn:helper"]];
  let standing = arbiter.root;
  for (let level = 1; level <= depth; level += 1) {
    const path = `${standing.path === "/" ? "" : standing.path}/a`;
    standing = arbiter.open({
      path,
      parent: standing,
      layers,
      budgets: [{ usd: 8_000_000, tokens: 1e12 }],
    });
  }
  return standing;
}
