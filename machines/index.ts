export {
  type AgentContext,
  type AgentEvent,
  agentMachine,
  type TurnCall,
  type TurnResult,
} from "./agent.ts";
export { type BudgetSummary, budgetLogic } from "./budget/budget.ts";
export { type CapabilitySummary, capabilityLogic } from "./capability/capability.ts";
export { type HostLifeEvent, hostMachine } from "./host.ts";
export { type McpConnectionEvent, mcpConnection } from "./mcp-connection.ts";
