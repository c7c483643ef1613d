export type { CallLogic, CallOutput, CallSnapshot } from "./call-logic.ts";
export {
  type CancelInput,
  callModel,
  callTool,
  cancelAgent,
  type MessageInput,
  type ModelAnswer,
  type ModelInput,
  type SpawnInput,
  sendMessage,
  spawnAgent,
  type ToolInput,
  type WaitInput,
  waitAgents,
} from "./calls.ts";
export { reply } from "./reply.ts";
