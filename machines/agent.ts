import { assign, setup } from "xstate";

/** A call of the turn: its id, and the id of the model's `tool_use` block that it answers. */
export interface TurnCall {
  readonly callId: string;
  readonly use: string;
}

/** A result that is kept until the other calls of its turn have theirs. */
export interface TurnResult {
  readonly callId: string;
  readonly result: unknown;
}

/** The state that the loop must remember. It travels in every frame, so it has no transcript. */
export interface AgentContext {
  /** `path#incarnation`, the beginning of every call id of this agent. */
  readonly prefix: string;
  /** The number of calls that have an id so far. */
  readonly count: number;
  /** The id of the model call that is requested or running. */
  readonly model: string | null;
  /** The calls of the turn, in the model's order. */
  readonly calls: readonly TurnCall[];
  /** Results that are not yet in the transcript, in the order in which they came. */
  readonly results: readonly TurnResult[];
  /** Content blocks for the next user message. */
  readonly inbox: readonly unknown[];
  /** Asks that the end of this turn answers. */
  readonly asks: readonly string[];
}

export type AgentEvent =
  | { readonly type: "input.given"; readonly input: unknown }
  | {
      readonly type: "permit.granted";
      readonly callId: string;
      readonly maxTokens: number;
      readonly turn: number;
      /** The index of the model that answers. Default: the first. */
      readonly model?: number;
      /** Attempts that have failed in this call, and tokens that were reserved for its prompt. */
      readonly failed?: number;
      readonly inputTokens?: number;
    }
  | {
      readonly type: "model.replied";
      /** The ids of its `tool_use` blocks, in order. */
      readonly uses: readonly string[];
      readonly reply: unknown;
      /** The message that has the model continue an answer that was cut. */
      readonly goOn?: unknown;
    }
  | {
      readonly type: "model.failed";
      readonly error: unknown;
      /** True when the same turn is requested again, of the same model or the next. */
      readonly fallsBack?: boolean;
      /** True when the turn fails alone, and the agent takes the next message. */
      readonly survives?: boolean;
    }
  | { readonly type: "result.received"; readonly callId: string; readonly result: unknown }
  | {
      readonly type: "message.received";
      readonly blocks: readonly unknown[];
      readonly askId?: string;
    }
  | { readonly type: "end.requested" };

const notProvided = (): void => {
  throw new Error("An effect of the agent machine is not provided; use machine.provide()");
};

/**
 * The built-in agent loop. A user turn asks for a permit, the permit starts the model, the model's
 * calls are sent together, and their results ask for the next permit, until a turn ends without
 * calls. An answer that was cut is continued. A model that failed is retried or replaced by the
 * next one. In a session, a turn that failed because of its content is left out, and the next
 * message begins another. Calls are events, never invoked actors.
 */
export const agentMachine = setup({
  types: {} as {
    context: AgentContext;
    events: AgentEvent;
    input: { readonly prefix: string };
    tags: "at-rest" | "failed";
  },
  actions: {
    appendInput: notProvided,
    askPermit: notProvided,
    appendPending: notProvided,
    startModel: notProvided,
    abortModel: notProvided,
    sendCalls: notProvided,
    endTurn: notProvided,
    closeTurn: notProvided,
    leaveOutTurn: notProvided,
    failTurn: notProvided,
    keepMessage: assign(({ context, event }) => {
      if (event.type !== "message.received") return {};
      const inbox = [...context.inbox, ...event.blocks];
      return event.askId === undefined
        ? { inbox }
        : { inbox, asks: [...context.asks, event.askId] };
    }),
    keepResult: assign(({ context, event }) => {
      if (event.type !== "result.received") return {};
      const { callId, result } = event;
      return { results: [...context.results, { callId, result }] };
    }),
    keepGoOn: assign(({ context, event }) =>
      event.type === "model.replied" ? { inbox: [event.goOn, ...context.inbox] } : {},
    ),
    forgetPending: assign({ calls: [], results: [], inbox: [] }),
    numberModel: assign(({ context: { prefix, count } }) => ({
      count: count + 1,
      model: `${prefix}.${count + 1}`,
    })),
    numberCalls: assign(({ context: { prefix, count }, event }) => {
      const uses = event.type === "model.replied" ? event.uses : [];
      const next = count + uses.length + 1;
      return {
        calls: uses.map((use, index) => ({ callId: `${prefix}.${count + 1 + index}`, use })),
        count: next,
        model: `${prefix}.${next}`,
      };
    }),
    forgetTurn: assign({ model: null, asks: [] }),
  },
  guards: {
    isAwaited: ({ context, event }) =>
      event.type === "permit.granted" && event.callId === context.model,
    hasCalls: ({ event }) => event.type === "model.replied" && event.uses.length > 0,
    isCut: ({ event }) => event.type === "model.replied" && event.goOn !== undefined,
    fallsBack: ({ event }) => event.type === "model.failed" && event.fallsBack === true,
    survives: ({ event }) => event.type === "model.failed" && event.survives === true,
    survivesWithMail: ({ context, event }) =>
      event.type === "model.failed" && event.survives === true && context.inbox.length > 0,
    hasMail: ({ context }) => context.inbox.length > 0,
    isPending: ({ context, event }) =>
      event.type === "result.received" &&
      context.calls.some(({ callId }) => callId === event.callId) &&
      !context.results.some(({ callId }) => callId === event.callId),
  },
}).createMachine({
  id: "agent",
  description: "The built-in agent loop.",
  context: ({ input }) => ({
    prefix: input.prefix,
    count: 0,
    model: null,
    calls: [],
    results: [],
    inbox: [],
    asks: [],
  }),
  initial: "idle",
  states: {
    idle: {
      description: "Placed, and not yet given its input.",
      tags: ["at-rest"],
      on: {
        "input.given": { target: "asking", actions: ["appendInput", "numberModel", "askPermit"] },
        "end.requested": { target: "ended", actions: "closeTurn" },
      },
    },
    asking: {
      description: "A user turn has begun and waits for the permit of its model call.",
      on: {
        "permit.granted": {
          guard: "isAwaited",
          target: "thinking",
          actions: ["appendPending", "forgetPending", "startModel"],
        },
        "message.received": { actions: "keepMessage" },
        // No other model may be asked for the turn that failed.
        "model.failed": [
          {
            guard: "survivesWithMail",
            target: "asking",
            actions: ["leaveOutTurn", "forgetTurn", "numberModel", "askPermit"],
          },
          {
            guard: "survives",
            target: "waiting",
            actions: ["leaveOutTurn", "forgetTurn", "endTurn"],
          },
          { target: "failed", actions: "failTurn" },
        ],
        "end.requested": { target: "ended", actions: "closeTurn" },
      },
    },
    thinking: {
      description: "The model answers. Restored here, it waits for the permit to be given again.",
      on: {
        "permit.granted": { guard: "isAwaited", actions: "startModel" },
        "message.received": { actions: "keepMessage" },
        "model.replied": [
          { guard: "hasCalls", target: "acting", actions: ["numberCalls", "sendCalls"] },
          { guard: "isCut", target: "asking", actions: ["keepGoOn", "numberModel", "askPermit"] },
          { guard: "hasMail", target: "asking", actions: ["numberModel", "askPermit"] },
          { target: "waiting", actions: ["endTurn", "forgetTurn"] },
        ],
        "model.failed": [
          { guard: "fallsBack", target: "asking", actions: "askPermit" },
          {
            guard: "survivesWithMail",
            target: "asking",
            actions: ["leaveOutTurn", "forgetTurn", "numberModel", "askPermit"],
          },
          {
            guard: "survives",
            target: "waiting",
            actions: ["leaveOutTurn", "forgetTurn", "endTurn"],
          },
          { target: "failed", actions: "failTurn" },
        ],
        "end.requested": { target: "closing", actions: "abortModel" },
      },
    },
    acting: {
      description: "Its calls are under way; the next permit rides behind the last result.",
      on: {
        "result.received": { guard: "isPending", actions: "keepResult" },
        "permit.granted": {
          guard: "isAwaited",
          target: "thinking",
          actions: ["appendPending", "forgetPending", "startModel"],
        },
        "message.received": { actions: "keepMessage" },
        "end.requested": { target: "ended", actions: "closeTurn" },
      },
    },
    waiting: {
      description: "The turn has ended, or failed alone; a message begins the next one.",
      tags: ["at-rest"],
      on: {
        "message.received": {
          target: "asking",
          actions: ["keepMessage", "numberModel", "askPermit"],
        },
        "end.requested": { target: "ended", actions: "closeTurn" },
      },
    },
    closing: {
      description: "Told to end while the model answered; the aborted call says what it used.",
      on: {
        "model.replied": { target: "ended", actions: ["numberCalls", "closeTurn"] },
        "model.failed": { target: "ended", actions: "closeTurn" },
      },
    },
    ended: { type: "final", description: "Ended because it was told to." },
    failed: { type: "final", tags: ["failed"], description: "Its model failed." },
  },
});
