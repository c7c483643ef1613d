/**
 * An actor-model runtime for swarms of LLM agents on worker threads.
 *
 * @module coppice
 */

export type { BreakerOptions } from "./authority/circuit-breaker.ts";
export type { ModelPrice, Prices } from "./authority/price-options.ts";
export type { Rate, RateOptions } from "./authority/rates.ts";
export type { BudgetLine } from "./authority/standing.ts";
export { CoppiceError, type ErrorCode, type ErrorDetails } from "./errors.ts";
export type { DeadLetter, Gap } from "./journal/event-streams.ts";
export { logTo } from "./log/log-to.ts";
export type { ModelFunction, ModuleRequest } from "./models/module.ts";
export type { ModuleDelta, ModuleReply } from "./models/module-reply.ts";
export type { AnyAgents, AnySchemas, Expected, OutputOf, SpawnNames } from "./specs/agent-types.ts";
export type { SpawnOptions, SupervisorOptions } from "./specs/supervisor-options.ts";
export type { AgentRef } from "./supervisor/agent-ref.ts";
export type { Health, Stats } from "./supervisor/stats.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export type { TreeNode, TreeStatus, WaitsFor } from "./supervisor/tree-node.ts";
export { defineComputeTool } from "./tools/compute-tool.ts";
export type { McpServerConfig } from "./tools/mcp/mcp-config.ts";
export type { StandardSchemaV1 } from "./tools/schema/standard-schema.ts";
export { defineTool, type Tool, type ToolContext } from "./tools/tool.ts";
export type { ApprovalScope, Decided, Decision, PendingApproval } from "./wire/approval.ts";
export type { Clock } from "./wire/clock.ts";
export type { AnyEvent, EventOf, EventType, RuntimeEvent } from "./wire/event.ts";
export type { Json, JsonLike, JsonSchema } from "./wire/json.ts";
export type { Outcome, Usage, WireError, WireOutcome } from "./wire/outcome.ts";
export type {
  AgentSpec,
  Budget,
  BudgetWindow,
  Grant,
  Intensity,
  Limits,
  ModelSpec,
  ScriptedModel,
  ScriptedStep,
  Unit,
  Where,
} from "./wire/spec.ts";
export type { Block, TurnMessage } from "./wire/transcript.ts";
export type { ValueRef } from "./wire/value-ref.ts";
