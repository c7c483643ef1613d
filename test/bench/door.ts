import { Arbiter, type Seat } from "../../src/authority/arbiter.ts";
import type { ModelSpec } from "../../src/wire/spec.ts";

const CALLS = 400_000;
const RUNS = 5;

/** Prints how many calls the door grants, reserves and settles per second, four agents deep. */
export function benchDoor(print: (line: string) => void): void {
  const model: ModelSpec = { provider: "anthropic", model: "claude-sonnet-4-5" };
  const usage = { inputTokens: 900, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 100 };
  const tool = perSecond((arbiter, seat, callId) => {
    arbiter.tool(seat, { callId, tool: "add" });
    arbiter.settle(callId);
  });
  const call = perSecond((arbiter, seat, callId) => {
    arbiter.model(seat, { callId, model, inputTokens: 1_000, maxTokens: 4_096 });
    arbiter.settle(callId, usage);
  });
  print(`door, depth 4, tool calls: ${show(tool)} grant + reserve + settle per s`);
  print(`door, depth 4, model calls: ${show(call)} grant + reserve + settle per s`);
}

/** The best of some runs: what the door can do when nothing else is in its way. */
function perSecond(once: (arbiter: Arbiter, seat: Seat, callId: string) => void): number {
  let best = 0;
  for (let run = 0; run < RUNS; run++) {
    const arbiter = new Arbiter({ budget: { usd: 9_000_000, toolCalls: 1e12, tokens: 1e12 } });
    const seat = deepSeat(arbiter);
    const keys = Array.from({ length: CALLS }, (_, n) => `/a/b/c/d#1.${n}`);
    const from = performance.now();
    for (const key of keys) once(arbiter, seat, key);
    best = Math.max(best, CALLS / ((performance.now() - from) / 1_000));
    arbiter.stop();
  }
  return best;
}

function deepSeat(arbiter: Arbiter): Seat {
  const layers = [["tool:math/*", "tool:add", "model:anthropic:*", "spawn:helper"]];
  let seat = arbiter.root;
  for (const name of ["a", "b", "c", "d"]) {
    const path = `${seat.path === "/" ? "" : seat.path}/${name}`;
    seat = arbiter.open({
      path,
      parent: seat,
      layers,
      budgets: [{ usd: 8_000_000, tokens: 1e12 }],
    });
  }
  return seat;
}

const show = (rate: number): string => Math.round(rate).toLocaleString("en");
