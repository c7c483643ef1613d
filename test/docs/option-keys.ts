import type { ModelPrice } from "../../src/authority/price-options.ts";
import type { Rate } from "../../src/authority/rates.ts";
import type { McpServerConfig } from "../../src/tools/mcp/mcp-config.ts";
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
  Outcomes: OUTCOMES,
} as const satisfies Record<string, object>;
