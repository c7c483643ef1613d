import type { ErrorCode } from "../errors.ts";
import type { ModelJob } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { Outcome } from "../wire/outcome.ts";
import type { Block, TokenUsage, TurnMessage } from "../wire/transcript.ts";
import { type CallLogic, callLogic } from "./call-logic.ts";

/** `tool` is a tool's name (`add`, `fs/read`); a name that a model said is understood too. */
export interface ToolInput {
  readonly tool: string;
  readonly input: Json;
}

export interface ModelInput {
  readonly messages: readonly TurnMessage[];
  /** Names of tools to show, of those the spec names. Default: all of them. */
  readonly tools?: readonly string[];
  /** Default: the spec's `instructions`. */
  readonly system?: string;
}

export interface ModelAnswer {
  /** All text of the answer. */
  readonly text: string;
  readonly content: readonly Block[];
  /** As the service said it: whether the answer is one is for the machine to say. */
  readonly stopReason: string;
  readonly usage?: TokenUsage;
}

export interface SpawnInput {
  /** A template that the spec's `agents` names. */
  readonly agent: string;
  readonly input: Json;
  readonly name?: string;
  /** True: settled once the child is accepted; `child.ended` follows. Default false. */
  readonly background?: boolean;
}

export interface MessageInput {
  readonly to: string;
  readonly message: Json;
}

export interface AskInput {
  /** A path, `parent`, or the name of a child or a sibling. */
  readonly to: string;
  readonly message: Json;
  /** Milliseconds, at least 1. */
  readonly timeoutMs: number;
}

/** Whom to watch: one of the two. */
export interface WatchInput {
  readonly path?: string;
  /** Of a child or a sibling. */
  readonly name?: string;
}

/** How an agent ended. `reason` of a cancelled or killed one, `unit` of an exhausted one. */
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
 * **Guarantees** one execution, also when the machine is moved to another thread meanwhile. A
 * refused or failed call is no error: it is done with `{ isError: true, error: { code } }`.
 * **Gotcha** leaving the invoking state drops the result; the tool itself runs on.
 * @example
 * invoke: { id: "add", src: "callTool", input: { tool: "add", input: { a: 2, b: 3 } },
 *           onDone: { actions: assign({ sum: ({ event }) => event.output }) } }
 */
export const callTool: CallLogic<ToolInput> = callLogic<ToolInput>({
  name: "callTool",
  request: ({ tool, input }) => ({ type: "tool", tool, input }),
  value: (told) => told,
});

/**
 * Calls the spec's model, or its `fallback` where that one fails for good; invoke it with
 * `{ messages, tools?, system? }`.
 *
 * **Guarantees** as {@link callTool}; the value is a {@link ModelAnswer}. Tool calls that the
 * model wants are in `content`, for the machine to make.
 * **Gotcha** a model call that the budget refuses ends the agent `exhausted`.
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
  value: (told) => {
    const answer = told as unknown as Omit<ModelAnswer, "text">;
    const text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    return { ...answer, text };
  },
});

/**
 * Spawns a child; invoke it with `{ agent, input, name?, background? }`.
 *
 * **Guarantees** as {@link callTool}. In the foreground the child's output is the value, and a
 * child that did not complete is an error with its partial output.
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
  value: (told) => told,
});

/** Sends a message to another agent; invoke it with `{ to, message }`. */
export const sendMessage: CallLogic<MessageInput> = callLogic<MessageInput>({
  name: "sendMessage",
  request: ({ to, message }) => ({ type: "send", to, message }),
  value: (told) => told,
});

/**
 * Sends a message and waits for its answer; invoke it with `{ to, message, timeoutMs }`.
 *
 * **Guarantees** as {@link callTool}, and an end within `timeoutMs`: without an answer the error is
 * ASK_TIMED_OUT, AGENT_STOPPED (it ended first), MAILBOX_FULL or AGENT_UNKNOWN. The loop answers
 * with the text of the turn that the message causes, a machine with {@link reply}. The asker holds
 * no slot meanwhile.
 */
export const askAgent: CallLogic<AskInput> = callLogic<AskInput>({
  name: "askAgent",
  request: ({ to, message, timeoutMs }) => ({ type: "ask", to, message, timeoutMs }),
  value: (told) => told,
});

/**
 * Waits for the end of another agent; invoke it with `{ path }` or `{ name }`. The value is a
 * {@link Terminated}.
 *
 * **Guarantees** as {@link callTool}. Level-triggered: of an agent that has ended already it is
 * told at once. A restart is no end. The watcher holds no slot meanwhile, and nothing wakes it but
 * the outcome itself, which is never refused.
 * **Fails with** AGENT_UNKNOWN for one that never was, or ended so long ago that it is forgotten
 * (1,000 ended agents are kept); OPTIONS_INVALID for itself and those above it, which end only
 * when it has ended; CAPABILITY_DENIED for anybody whom it may not send a message to either and
 * who is not below it.
 */
export const watchAgent: CallLogic<WatchInput, Terminated> = callLogic<WatchInput, Terminated>({
  name: "watchAgent",
  request: ({ path, name }) => ({ type: "watch", to: path ?? (name as string) }),
  value: (told) => told as unknown as Terminated,
});

/** Waits until the named children have ended; invoke it with `{ names? }`. */
export const waitAgents: CallLogic<WaitInput> = callLogic<WaitInput>({
  name: "waitAgents",
  request: ({ names }) => ({ type: "wait", ...(names === undefined ? {} : { names }) }),
  value: (told) => told,
});

export interface QuestionInput {
  readonly question: Json;
}

/**
 * Asks a person; invoke it with `{ question }`. The value is the decision's `answer`.
 *
 * **Guarantees** as {@link callTool}; a refusal is an error with APPROVAL_DENIED, no answer in
 * time one with APPROVAL_TIMED_OUT. The agent holds no slot meanwhile, and its clock stands.
 */
export const askHuman: CallLogic<QuestionInput> = callLogic<QuestionInput>({
  name: "askHuman",
  request: ({ question }) => ({ type: "question", question }),
  value: (told) => told,
});

/** Cancels a descendant; invoke it with `{ name, reason? }`. */
export const cancelAgent: CallLogic<CancelInput> = callLogic<CancelInput>({
  name: "cancelAgent",
  request: ({ name, reason }) => ({
    type: "cancel",
    name,
    ...(reason === undefined ? {} : { reason }),
  }),
  value: (told) => told,
});
