export type { CallLogic, CallOutput, CallSnapshot } from "./call-logic.ts";
export {
  askHuman,
  type CancelInput,
  callModel,
  callTool,
  cancelAgent,
  type MessageInput,
  type ModelAnswer,
  type ModelInput,
  type QuestionInput,
  type SpawnInput,
  sendMessage,
  spawnAgent,
  type ToolInput,
  type WaitInput,
  waitAgents,
} from "./calls.ts";
export { reply } from "./reply.ts";
