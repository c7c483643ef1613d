import { type Actor, createActor, type InspectionEvent } from "xstate";
import { type AgentContext, type AgentEvent, agentMachine } from "../../machines/agent.ts";
import type { Json } from "../wire/json.ts";

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

export type LoopActor = Actor<typeof agentMachine>;

/**
 * The loop's state as it travels: XState's persisted snapshot without the fields that never differ.
 */
export interface LoopState {
  readonly value: string;
  readonly context: AgentContext;
}

export type CreateLoop = (
  prefix: string,
  body: LoopEffects,
  state?: Json,
  inspect?: (event: InspectionEvent) => void,
) => LoopActor;

/**
 * Returns a function that creates the loop's actors. One machine serves every agent of the host.
 */
export function createLoops(): CreateLoop {
  const bodies = new WeakMap<object, LoopEffects>();
  const effect =
    (name: Exclude<keyof LoopEffects, "touch">) =>
    ({ self, context, event }: { self: object; context: AgentContext; event: AgentEvent }) =>
      bodies.get(self)?.[name](context, event);
  const machine = agentMachine.provide({
    actions: {
      appendInput: effect("appendInput"),
      askPermit: effect("askPermit"),
      appendPending: effect("appendPending"),
      startModel: effect("startModel"),
      abortModel: effect("abortModel"),
      sendCalls: effect("sendCalls"),
      endTurn: effect("endTurn"),
      closeTurn: effect("closeTurn"),
      leaveOutTurn: effect("leaveOutTurn"),
      failTurn: effect("failTurn"),
    },
  });
  return (prefix, body, state, inspect) => {
    const input = { prefix };
    const inspected = inspect === undefined ? {} : { inspect };
    const snapshot = state === undefined ? undefined : machine.resolveState(loopState(state));
    const restored = snapshot === undefined ? {} : { snapshot };
    const actor = createActor(machine, { input, ...restored, ...inspected });
    bodies.set(actor, body);
    // Without an observer XState throws a machine's error into the thread.
    actor.subscribe({ error: () => body.touch() });
    return actor.start();
  };
}

function loopState(state: Json): LoopState {
  return state as unknown as LoopState;
}
