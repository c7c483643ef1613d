import * as z from "zod";
import { MAX_DELAY_MS } from "../wire/clock.ts";
import { modelSchema } from "./model-schema.ts";

export type OptionsSchema = z.ZodType;
export type Issue = z.core.$ZodIssue;

const count = z.number().int().min(0);
const milliseconds = z.number().int().min(1).max(MAX_DELAY_MS);
const graceMs = z.number().int().min(0).max(MAX_DELAY_MS);
const json = z.unknown();
const record = z.record(z.string(), z.unknown());

export const limitsSchema = z.strictObject({
  depth: count.optional(),
  spawns: count.optional(),
  spawnRate: count.max(1_000_000).optional(),
  children: count.optional(),
  concurrency: count.optional(),
  queue: count.optional(),
  mailbox: count.optional(),
  turns: count.optional(),
  repeats: count.optional(),
  errors: count.optional(),
});

const units = {
  usd: z.number().min(0).optional(),
  tokens: count.optional(),
  toolCalls: count.optional(),
  modelCalls: count.optional(),
};

const window = z.strictObject({ ...units, everyMs: count, timeZone: z.string().optional() });

/** Checks the form only; `readBudgets` checks the amounts (whole nano-dollars) and the windows. */
export const budgetSchema = z.strictObject({
  ...units,
  perAction: z.strictObject({ usd: units.usd, tokens: units.tokens }).optional(),
  windows: z.array(window).optional(),
  warnAt: z.number().min(0).max(1).optional(),
  onExceeded: z.enum(["stop", "ask"]).optional(),
});

/** Checks the form only; `readGrants` checks the contents of a grant. */
const grants = z.array(z.union([z.string(), record]));

/** The most labels of an agent; each of its events, questions and sums carries them all. */
const MAX_LABELS = 64;
const labelName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^=]*$/, "must have no =");
const labels = z
  .unknown()
  .refine((value) => Object.keys(value ?? {}).length <= MAX_LABELS, {
    message: `must be at most ${MAX_LABELS}`,
    abort: true,
  })
  .pipe(z.record(labelName, z.string().max(1_024)));

const modelName = z.union([z.string(), modelSchema]);

/** Refuses a field of a later version, so that it is not silently ignored. */
const later = (...allowed: readonly unknown[]) =>
  z
    .unknown()
    .refine((value) => value === undefined || allowed.includes(value), {
      message: "is not available in this version",
    })
    .optional();

/**
 * The fewest megabytes in which an agent can run: Node and the library take half of them in a
 * thread.
 */
const LEAST_MEMORY_MB = 32;
/** More megabytes than any machine has, and not more than V8 can count. */
const MAX_MEMORY_MB = 1024 * 1024;
const MAX_CPU_SECONDS = 365 * 86_400;
/** The fewest open files of an agent; Node and the library have about thirty open. */
const LEAST_OPEN_FILES = 64;
const MAX_OPEN_FILES = 1024 * 1024;

const intensitySchema = z.strictObject({
  maxRestarts: count,
  withinMs: milliseconds,
  backoffMs: graceMs.optional(),
  maxBackoffMs: graceMs.optional(),
});

const agentFields = z.strictObject({
  name: z.string().optional(),
  machine: z
    .string()
    .startsWith(
      "file:",
      'must be a file: URL, as `new URL("./machine.ts", import.meta.url).href` gives',
    )
    .optional(),
  model: modelName.optional(),
  fallback: z.union([modelName, z.array(modelName)]).optional(),
  instructions: z.string().optional(),
  tools: z.array(z.string()).optional(),
  agents: z.array(z.string()).optional(),
  grants: grants.optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  lifetime: z.enum(["task", "session"]).optional(),
  timeoutMs: milliseconds.optional(),
  restart: z.enum(["permanent", "transient", "temporary"]).optional(),
  restartFrom: z.enum(["input", "snapshot"]).optional(),
  strategy: z.enum(["one-for-one", "one-for-all", "rest-for-one"]).optional(),
  intensity: intensitySchema.optional(),
  isolation: z.enum(["shared", "thread", "process"]).optional(),
  memoryMb: count.min(LEAST_MEMORY_MB).max(MAX_MEMORY_MB).optional(),
  cpuSeconds: count.min(1).max(MAX_CPU_SECONDS).optional(),
  openFiles: count.min(LEAST_OPEN_FILES).max(MAX_OPEN_FILES).optional(),
  output: later(),
  labels: labels.optional(),
  input: json.optional(),
});

export const specSchema = agentFields
  .refine(
    ({ isolation = "shared", memoryMb }) => memoryMb === undefined || isolation !== "shared",
    {
      path: ["memoryMb"],
      message: 'needs isolation "thread" or "process"',
    },
  )
  .refine(({ isolation, cpuSeconds }) => cpuSeconds === undefined || isolation === "process", {
    path: ["cpuSeconds"],
    message: 'needs isolation "process"',
  })
  .refine(({ isolation, openFiles }) => openFiles === undefined || isolation === "process", {
    path: ["openFiles"],
    message: 'needs isolation "process"',
  });

export const spawnSchema = z.strictObject({
  input: json.optional(),
  name: z.string().optional(),
  key: later(),
  signal: z.instanceof(AbortSignal).optional(),
  budget: budgetSchema.optional(),
  limits: limitsSchema.optional(),
  tools: z.array(z.string()).optional(),
  grants: grants.optional(),
  labels: labels.optional(),
  timeoutMs: milliseconds.optional(),
});

const inspectSchema = z.strictObject({
  port: count.max(65_535).optional(),
  token: z
    .string()
    .regex(/^[\w-]{16,128}$/, "must be 16 to 128 of A-Z a-z 0-9 _ -")
    .optional(),
});

const breakerSchema = z.strictObject({
  failures: count.min(1).optional(),
  openMs: milliseconds.optional(),
  maxOpenMs: milliseconds.optional(),
});

/** Checked without a copy, because a clock may be an instance of a class. */
const clockSchema = z.unknown().superRefine((clock, context) => {
  for (const name of ["now", "wall", "setTimeout", "clearTimeout"]) {
    if (typeof (clock as Record<string, unknown> | null)?.[name] === "function") continue;
    context.addIssue({ code: "custom", path: [name], message: "must be a function" });
  }
});

export const supervisorSchema = z.strictObject({
  threads: z.number().int().min(0).max(1024).optional(),
  warm: count.max(64).optional(),
  limits: limitsSchema.optional(),
  budget: budgetSchema.optional(),
  grants: grants.optional(),
  prices: record.optional(),
  rates: record.optional(),
  breaker: z.union([z.literal(false), breakerSchema]).optional(),
  agents: record.optional(),
  tools: z.array(z.unknown()).optional(),
  mcpServers: record.optional(),
  store: later(),
  durability: later(),
  resume: later(),
  approve: z
    .custom<unknown>((value) => typeof value === "function", "must be a function")
    .optional(),
  approvalTimeoutMs: milliseconds.optional(),
  graceMs: graceMs.optional(),
  intensity: intensitySchema.optional(),
  keepMb: count.max(MAX_MEMORY_MB).optional(),
  heartbeatMs: z.number().int().min(10).max(60_000).optional(),
  inspect: z.union([z.boolean(), inspectSchema]).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  folder: z.union([z.string(), z.literal(false)]).optional(),
  workspace: z.union([z.string(), z.literal(false)]).optional(),
  clock: clockSchema.optional(),
});

export const stopSchema = z.strictObject({
  graceMs: graceMs.optional(),
  mode: z.enum(["cancel", "suspend"]).optional(),
});

/** A reference to a value; its other fields are for people and are ignored. */
export const valueSchema = z.object({ $value: z.string() });

export const usageSchema = z.strictObject({
  path: z.string().optional(),
  label: z
    .string()
    .regex(/^[^=]+=/, 'must have the form "name=value", as in "tenant=acme"')
    .optional(),
});

export const folderBoundsSchema = z.strictObject({
  $schema: z.string().optional(),
  limits: limitsSchema.optional(),
  budget: budgetSchema.optional(),
  grants: grants.optional(),
});

export const decisionSchema = z.strictObject({
  allow: z.boolean(),
  scope: z.enum(["once", "agent", "run", "always"]).optional(),
  reason: z.string().optional(),
  answer: json.optional(),
  result: json.optional(),
  by: z.string().optional(),
});

/**
 * The first argument of a decision: one question, several that share it, or several with one each.
 */
export const decidedSchema = z.union([
  z.string(),
  z.array(z.string()).max(10_000),
  z.array(z.strictObject({ id: z.string(), decision: z.unknown() })).max(10_000),
]);
