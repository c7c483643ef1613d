import type { Unit } from "../wire/spec.ts";

const NAMES = {
  tokens: ["token", "tokens"],
  toolCalls: ["tool call", "tool calls"],
  modelCalls: ["model call", "model calls"],
} as const satisfies Record<Exclude<Unit, "usd">, readonly [one: string, more: string]>;

const group = (whole: number): string => whole.toLocaleString("en-US");

/** Returns an amount as a person says it: `$0.0154`, `12,000 tokens`, `1 tool call`. */
export function shownAmount(unit: Unit, amount: number): string {
  if (unit !== "usd") return `${group(amount)} ${NAMES[unit][amount === 1 ? 0 : 1]}`;
  // A price of less than a tenth of a dollar is shown with three significant figures.
  const digits = amount > 0 && amount < 0.1 ? 2 - Math.floor(Math.log10(amount)) : 2;
  const maximumFractionDigits = Math.min(9, digits);
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits })}`;
}

/** Returns a wait as a person says it: `350 ms`, `12 s`, `3 min`, `5 h`. */
export function shownWait(delayMs: number): string {
  if (delayMs < 1_000) return `${Math.ceil(delayMs)} ms`;
  if (delayMs < 120_000) return `${Math.ceil(delayMs / 1_000)} s`;
  return delayMs < 7_200_000
    ? `${Math.ceil(delayMs / 60_000)} min`
    : `${Math.ceil(delayMs / 3_600_000)} h`;
}
