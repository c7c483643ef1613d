import * as z from "zod";
import { MAX_DELAY_MS } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";
import { plainJson } from "../wire/json-bound.ts";
import type { ProviderName } from "../wire/providers.ts";
import { MAX_SEARCHES, MAX_TOKENS } from "../wire/token-counts.ts";

const count = z.number().int().min(0);
/** Accepts plain JSON only: a model's options are hashed as JSON and cross threads. */
export const plain = z.unknown().superRefine((value, context) => {
  try {
    plainJson(value);
  } catch (error) {
    context.addIssue(`must be plain JSON: ${describe(error)}`);
  }
});

/** Bounds the tokens of one call: larger numbers would make sums inexact. */
const tokens = count.max(MAX_TOKENS);

const usage = z
  .strictObject({
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadTokens: tokens.optional(),
    cacheWriteTokens: tokens.optional(),
    cacheWrite1hTokens: tokens.optional(),
    webSearches: count.max(MAX_SEARCHES).optional(),
  })
  .refine(
    ({ cacheWriteTokens = 0, cacheWrite1hTokens = 0 }) => cacheWrite1hTokens <= cacheWriteTokens,
    {
      path: ["cacheWrite1hTokens"],
      message: "is more than the cacheWriteTokens of which it is a part",
    },
  );

const scriptedStep = z.strictObject({
  text: z.string().optional(),
  toolCalls: z.array(z.strictObject({ name: z.string(), input: plain })).optional(),
  usage: usage.optional(),
  delayMs: z.number().min(0).max(MAX_DELAY_MS).optional(),
  error: z.string().optional(),
});

const anthropic = z.strictObject({
  provider: z.literal("anthropic"),
  model: z.string().min(1),
  maxTokens: tokens.min(1).optional(),
  baseUrl: z.url().optional(),
  temperature: z.number().min(0).max(1).optional(),
  thinking: plain.optional(),
  cache: z.boolean().optional(),
});

const scripted = z.strictObject({
  provider: z.literal("scripted"),
  steps: z.array(scriptedStep),
  repeat: z.boolean().optional(),
  priceAs: z.string().optional(),
});

const moduleModel = z
  .object({
    // `abort` keeps this branch of the union from counting as the closest one in error messages.
    provider: z.string().startsWith("file:", { abort: true }),
    maxTokens: tokens.min(1).optional(),
    priceAs: z.string().optional(),
  })
  .catchall(plain);

/** The schema of each provider. */
const ofProviders = { anthropic, scripted, "file:": moduleModel } satisfies {
  [Name in ProviderName]: z.ZodType;
};
export const modelSchema = z
  .discriminatedUnion("provider", [ofProviders.anthropic, ofProviders.scripted])
  .or(ofProviders["file:"]);
