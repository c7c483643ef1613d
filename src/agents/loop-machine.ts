import { type Actor, createActor, type InspectionEvent } from "xstate";
import { type AgentContext, type AgentEvent, agentMachine } from "../../machines/agent.ts";
import type { Json } from "../wire/json.ts";
import { type ChartLogic, compileChart } from "./compiled-chart.ts";

/** Effects of the loop's chart, which its agent carries out. */
export interface LoopEffects {
  /** Requests a frame, which reports that the machine broke. */
  touch(): void;
  appendInput(context: AgentContext, event: AgentEvent): void;
  askPermit(context: AgentContext): void;
  appendPending(context: AgentContext): void;
  startModel(context: AgentContext, event: AgentEvent): void;
  abortModel(): void;
  sendCalls(context: AgentContext, event: AgentEvent): void;
  endTurn(context: AgentContext, event: AgentEvent): void;
  closeTurn(context: AgentContext): void;
  leaveOutTurn(context: AgentContext, event: AgentEvent): void;
  failTurn(context: AgentContext, event: AgentEvent): void;
}

type LoopLogic = ChartLogic<AgentContext, AgentEvent, { readonly prefix: string }>;
export type LoopActor = Actor<LoopLogic>;

/**
 * The loop's state as it travels: XState's persisted snapshot without the fields that never differ.
 */
export interface LoopState {
  readonly value: string;
  readonly context: AgentContext;
}

type Effect = Exclude<keyof LoopEffects, "touch">;

/** One table serves every agent. */
const logicOf = compileChart<AgentContext, AgentEvent, { readonly prefix: string }>(agentMachine);

/** Creates the actor of one agent's loop. */
export function createLoop(
  prefix: string,
  body: LoopEffects,
  state?: Json,
  inspect?: (event: InspectionEvent) => void,
): LoopActor {
  const logic = logicOf((name, context, event) => body[name as Effect](context, event));
  const restored = state === undefined ? {} : { snapshot: state as never };
  const inspected = inspect === undefined ? {} : { inspect };
  const actor = createActor(logic, { input: { prefix }, ...restored, ...inspected });
  // Without an observer XState throws a machine's error into the thread.
  actor.subscribe({ error: () => body.touch() });
  return actor.start();
}
