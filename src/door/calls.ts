import type { ErrorCode } from "../errors.ts";
import type { ModelJob } from "../wire/frame.ts";
import type { Json, JsonLike } from "../wire/json.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { Block, TokenUsage, TurnMessage } from "../wire/transcript.ts";
import { type CallLogic, callLogic } from "./call-logic.ts";
import type { MessageInput } from "./message-input.ts";

/**
 * The input of {@link callTool}. `tool` is a tool's name (`add`, `fs/read`); the name that a model
 * is shown for it is accepted too.
 */
export interface ToolInput {
  readonly tool: string;
  readonly input: JsonLike;
}

export interface ModelInput {
  readonly messages: readonly TurnMessage[];
  /** Names of the tools to show, out of those that the spec names. Default: all of them. */
  readonly tools?: readonly string[];
  /** Default: the spec's `instructions`. */
  readonly system?: string;
}

export interface ModelAnswer {
  /** All text of the answer. */
  readonly text: string;
  readonly content: readonly Block[];
  /** The stop reason as the service gave it; the machine decides whether it counts as an answer. */
  readonly stopReason: string;
  readonly usage?: TokenUsage;
}

export interface SpawnInput {
  /** A template that the spec's `agents` names. */
  readonly agent: string;
  readonly input: JsonLike;
  readonly name?: string;
  /**
   * True when the call is done once the child is accepted; `child.ended` follows. Default false.
   */
  readonly background?: boolean;
}

export interface AskInput {
  /** A path, `parent`, or the name of a child or a sibling. */
  readonly to: string;
  readonly message: JsonLike;
  /** Milliseconds to wait for the answer, at least 1. */
  readonly timeoutMs: number;
}

/** The agent to watch, by one of the two fields. */
export interface WatchInput {
  readonly path?: string;
  /** Name of a child or a sibling. */
  readonly name?: string;
}

/** The end of an agent. A cancelled or killed one has a `reason`, an exhausted one a `unit`. */
export interface Terminated {
  readonly path: string;
  readonly name: string;
  readonly status: Outcome["status"];
  readonly output?: Json;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly reason?: string;
  readonly unit?: string;
  readonly partial?: Json;
}

export interface WaitInput {
  /** Default: every live child. */
  readonly names?: readonly string[];
}

export interface CancelInput {
  readonly name: string;
  readonly reason?: string;
}

/**
 * Calls a tool; invoke it with `{ tool, input }`.
 *
 * **Guarantees** One execution, also when the machine is moved to another thread meanwhile. A
 * refused or failed call is no error: it is done with `{ isError: true, error: { code } }`.
 * **Gotcha** Leaving the invoking state drops the result; the tool itself continues.
 * @example
 * invoke: { id: "add", src: "callTool", input: { tool: "add", input: { a: 2, b: 3 } },
 *           onDone: { actions: assign({ sum: ({ event }) => event.output }) } }
 */
export const callTool: CallLogic<ToolInput> = callLogic<ToolInput>({
  name: "callTool",
  request: ({ tool, input }) => ({ type: "tool", tool, input }),
  value: (result) => result,
});

/**
 * Calls the spec's model, or its `fallback` when that one fails for good; invoke it with
 * `{ messages, tools?, system? }`.
 *
 * **Guarantees** As {@link callTool}; the value is a {@link ModelAnswer}. The tool calls of the
 * model are in `content`, for the machine to make.
 * **Gotcha** A model call that the budget refuses ends the agent as `exhausted`.
 */
export const callModel: CallLogic<ModelInput, ModelAnswer> = callLogic<ModelInput, ModelAnswer>({
  name: "callModel",
  request: ({ messages, tools, system }) => {
    const job: ModelJob = {
      messages,
      ...(tools === undefined ? {} : { tools }),
      ...(system === undefined ? {} : { system }),
    };
    return { type: "model", job };
  },
  value: (result) => {
    const answer = result as unknown as Omit<ModelAnswer, "text">;
    const text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    return { ...answer, text };
  },
});

/**
 * Spawns a child; invoke it with `{ agent, input, name?, background? }`.
 *
 * **Guarantees** As {@link callTool}. In the foreground the value is the child's output; a child
 * that did not complete is an error with its partial output.
 */
export const spawnAgent: CallLogic<SpawnInput> = callLogic<SpawnInput>({
  name: "spawnAgent",
  request: ({ agent, input, name, background }) => ({
    type: "spawn",
    agent,
    input,
    background: background ?? false,
    ...(name === undefined ? {} : { name }),
  }),
  value: (result) => result,
});

/** Sends a message to another agent; invoke it with `{ to, message }`. */
export const sendMessage: CallLogic<MessageInput> = callLogic<MessageInput>({
  name: "sendMessage",
  request: ({ to, message }) => ({ type: "send", to, message }),
  value: (result) => result,
});

/**
 * Sends a message and waits for its answer; invoke it with `{ to, message, timeoutMs }`.
 *
 * **Guarantees** As {@link callTool}, and an end within `timeoutMs`. Without an answer the error is
 * ASK_TIMED_OUT, AGENT_STOPPED (the agent ended first), MAILBOX_FULL or AGENT_UNKNOWN. The loop
 * answers with the text of the turn that the message causes, a machine with {@link reply}. The
 * asker has no slot meanwhile.
 */
export const askAgent: CallLogic<AskInput> = callLogic<AskInput>({
  name: "askAgent",
  request: ({ to, message, timeoutMs }) => ({ type: "ask", to, message, timeoutMs }),
  value: (result) => result,
});

/**
 * Waits for the end of another agent; invoke it with `{ path }` or `{ name }`. The value is a
 * {@link Terminated}.
 *
 * **Guarantees** As {@link callTool}. Level-triggered: for an agent that has ended already the
 * value comes at once. A restart is no end. The watcher has no slot meanwhile, and nothing wakes it
 * but the outcome itself, which is never refused.
 * **Fails with** AGENT_UNKNOWN for an agent that never existed, or that ended so long ago that it
 * is forgotten (the supervisor keeps `keepMb` of the past); OPTIONS_INVALID for itself and the
 * agents above it, which end only when it has ended; CAPABILITY_DENIED for an agent that is not
 * below it and that it may not send a message to.
 */
export const watchAgent: CallLogic<WatchInput, Terminated> = callLogic<WatchInput, Terminated>({
  name: "watchAgent",
  request: ({ path, name }) => ({ type: "watch", to: path ?? (name as string) }),
  value: (result) => result as unknown as Terminated,
});

/** Waits until the named children have ended; invoke it with `{ names? }`. */
export const waitAgents: CallLogic<WaitInput> = callLogic<WaitInput>({
  name: "waitAgents",
  request: ({ names }) => ({ type: "wait", ...(names === undefined ? {} : { names }) }),
  value: (result) => result,
});

export interface QuestionInput {
  readonly question: JsonLike;
}

/**
 * Asks a person; invoke it with `{ question }`. The value is the decision's `answer`.
 *
 * **Guarantees** As {@link callTool}. A refusal is an error with APPROVAL_DENIED, no answer in time
 * one with APPROVAL_TIMED_OUT. The agent has no slot meanwhile, and its deadline is extended by the
 * wait.
 */
export const askHuman: CallLogic<QuestionInput> = callLogic<QuestionInput>({
  name: "askHuman",
  request: ({ question }) => ({ type: "question", question }),
  value: (result) => result,
});

/** Cancels a descendant; invoke it with `{ name, reason? }`. */
export const cancelAgent: CallLogic<CancelInput> = callLogic<CancelInput>({
  name: "cancelAgent",
  request: ({ name, reason }) => ({
    type: "cancel",
    name,
    ...(reason === undefined ? {} : { reason }),
  }),
  value: (result) => result,
});
