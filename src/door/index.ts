export type { AgentEnding } from "./agent-ending.ts";
export type { CallLogic, CallOutput, CallSnapshot } from "./call-logic.ts";
export {
  type AskInput,
  askAgent,
  askHuman,
  type CancelInput,
  callModel,
  callTool,
  cancelAgent,
  type ModelAnswer,
  type ModelInput,
  type QuestionInput,
  type SpawnInput,
  sendMessage,
  spawnAgent,
  type Terminated,
  type ToolInput,
  type WaitInput,
  type WatchInput,
  waitAgents,
  watchAgent,
} from "./calls.ts";
export type { Handling } from "./handling.ts";
export type { MessageInput } from "./message-input.ts";
export { reply } from "./reply.ts";
export { type SendRefused, send } from "./send.ts";
