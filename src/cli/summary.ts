import type { Outcome } from "../index.ts";

/** Returns one line that sums up a run. */
export function runSummaryOf({ status, usage }: Outcome, agents: number, seconds: number): string {
  const { modelCalls, toolCalls, inputTokens, outputTokens, usd } = usage;
  return [
    status,
    count(agents, "agent"),
    `${count(modelCalls, "model call")}, ${count(toolCalls, "tool call")}`,
    `${count(inputTokens + outputTokens, "token")} (${whole(inputTokens)} in)`,
    `$${usd.toFixed(4)}`,
    `${seconds.toFixed(1)} s`,
  ].join(" · ");
}

function count(many: number, of: string): string {
  return `${whole(many)} ${of}${many === 1 ? "" : "s"}`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}
