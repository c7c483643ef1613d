import type { Json } from "../wire/json.ts";
import { jsonTokens, textTokens } from "../wire/token-estimate.ts";
import type { Said } from "./module-reply.ts";

/** A block of a stream as far as it has come. */
export interface SeenBlock {
  readonly open: { readonly [field: string]: unknown };
  /** The arguments of a call. */
  readonly json: string;
}

/** What a model writes of a block beside the arguments of a call. Signatures are not output. */
const WRITTEN = ["text", "thinking", "data", "name"];

/** About how many tokens of output were streamed, by our own estimate. */
export function seenTokens(blocks: Iterable<SeenBlock>): number {
  let tokens = 0;
  for (const { open, json } of blocks) {
    for (const field of WRITTEN) {
      const written = open[field];
      if (typeof written === "string") tokens += textTokens(written);
    }
    tokens += json === "" ? inputTokens(open.input) : textTokens(json);
  }
  return tokens;
}

/** The same of a module's stream. */
export function saidTokens({ text, toolCalls }: Pick<Said, "text" | "toolCalls">): number {
  let tokens = textTokens(text);
  for (const { name, input } of toolCalls) tokens += textTokens(name) + inputTokens(input);
  return tokens;
}

/** Whether a report of a service says how much output there was. */
export function saysOutput(report: unknown): boolean {
  const { output_tokens } = (report ?? {}) as { readonly output_tokens?: unknown };
  return typeof output_tokens === "number" && output_tokens > 0;
}

/** Arguments can come with the opening of their call. */
function inputTokens(input: unknown): number {
  if (typeof input !== "object" || input === null || Object.keys(input).length === 0) return 0;
  return jsonTokens(input as Json);
}
