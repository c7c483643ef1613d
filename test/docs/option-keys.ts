import type { ModelPrice } from "../../src/authority/price-options.ts";
import type { Rate } from "../../src/authority/rates.ts";
import type { EventStreams } from "../../src/journal/event-streams.ts";
import type { FaultRates } from "../../src/testing/faults.ts";
import type { SimulateOptions } from "../../src/testing/simulate.ts";
import type { ComputeToolDefinition } from "../../src/tools/compute-tool.ts";
import type { McpServerConfig } from "../../src/tools/mcp/mcp-config.ts";
import type { ToolDefinition } from "../../src/tools/tool.ts";
import type { Outcome } from "../../src/wire/outcome.ts";
import type { Grant } from "../../src/wire/spec.ts";

type KeyOf<Union> = Union extends object ? keyof Union : never;
type Listed<Keys extends PropertyKey> = Readonly<Record<Keys, true>>;

/**
 * The options that no schema of Zod's lists: the compiler holds them to the types, and a test holds
 * the pages to them.
 */
const GRANT: Listed<KeyOf<Exclude<Grant, string>>> = {
  allow: true,
  deny: true,
  where: true,
  ask: true,
  uses: true,
  expiresMs: true,
  use: true,
  delegate: true,
};
const RATE: Listed<keyof Rate> = { perSecond: true, burst: true, queue: true };
const MODEL_PRICE: Listed<keyof ModelPrice> = {
  input: true,
  output: true,
  cacheWrite: true,
  cacheWrite1h: true,
  cacheRead: true,
};
/** `type` is what other clients write beside these. */
const MCP_SERVER: Listed<KeyOf<McpServerConfig> | "type"> = {
  type: true,
  command: true,
  args: true,
  env: true,
  cwd: true,
  url: true,
  headers: true,
  timeoutMs: true,
  idempotent: true,
  maxMessageMb: true,
  required: true,
};
const TOOL: Listed<keyof ToolDefinition<unknown, unknown, unknown>> = {
  name: true,
  description: true,
  input: true,
  inputSchema: true,
  timeoutMs: true,
  idempotent: true,
  execute: true,
};
const COMPUTE_TOOL: Listed<keyof ComputeToolDefinition> = {
  name: true,
  description: true,
  input: true,
  inputSchema: true,
  timeoutMs: true,
  idempotent: true,
  module: true,
  memoryMb: true,
};
const EVENTS: Listed<keyof NonNullable<Parameters<EventStreams["events"]>[0]>> = {
  since: true,
  path: true,
};
const SIMULATE: Listed<keyof SimulateOptions> = {
  swarm: true,
  drive: true,
  seeds: true,
  from: true,
  seed: true,
  faults: true,
  invariants: true,
  mostSteps: true,
  onSchedule: true,
};
const FAULTS: Listed<keyof FaultRates> = {
  crash: true,
  freeze: true,
  cancel: true,
  pause: true,
  stop: true,
  clockJump: true,
  toolFailure: true,
  toolSilence: true,
  modelCut: true,
  lateness: true,
};
const OUTCOMES: Listed<Outcome["status"]> = {
  completed: true,
  failed: true,
  cancelled: true,
  killed: true,
  exhausted: true,
  "timed-out": true,
};

/** By the heading of the reference that lists them. */
export const TYPED_KEYS = {
  Grant: GRANT,
  Rate: RATE,
  ModelPrice: MODEL_PRICE,
  McpServerConfig: MCP_SERVER,
  defineTool: TOOL,
  defineComputeTool: COMPUTE_TOOL,
  EventsOptions: EVENTS,
  SimulateOptions: SIMULATE,
  FaultRates: FAULTS,
  Outcomes: OUTCOMES,
} as const satisfies Record<string, object>;
