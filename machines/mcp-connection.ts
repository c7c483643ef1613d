import { assign, fromPromise, setup } from "xstate";

export interface McpConnectionContext {
  /** Attempts and losses since the connection was last ready for long: the back-off's exponent. */
  readonly failures: number;
  /** The reason why it is not ready. */
  readonly error: string | null;
  /** True when the present outage has been announced. */
  readonly reported: boolean;
  /** Milliseconds until an unanswered attempt is announced as lost; the attempt continues. */
  readonly patienceMs: number;
}

export type McpConnectionEvent =
  | { readonly type: "connection.lost"; readonly error: string }
  | { readonly type: "connection.close" };

const FIRST_BACKOFF_MS = 1_000;
const LAST_BACKOFF_MS = 30_000;

const notProvided = (): never => {
  throw new Error("not provided");
};

/** The life of the connection to one MCP server, which is reconnected until it is closed. */
export const mcpConnection = setup({
  types: {
    context: {} as McpConnectionContext,
    events: {} as McpConnectionEvent,
    input: {} as { readonly patienceMs: number },
  },
  actors: {
    /** Starts the server and shakes hands; its signal ends the attempt. */
    connect: fromPromise<void>(notProvided),
  },
  actions: {
    announceConnected: notProvided,
    announceLost: (_, _params: { readonly error: string }) => notProvided(),
    /** Ends the remains of a lost connection. */
    discard: notProvided,
    noteFailure: assign({
      failures: ({ context }) => context.failures + 1,
      error: (_, params: { readonly error: string }) => params.error,
    }),
    noteReported: assign({ reported: true }),
    noteSilence: assign({
      error: ({ context }) => `it has not answered in ${context.patienceMs} ms`,
    }),
    noteReady: assign({ reported: false, error: null }),
    forgetFailures: assign({ failures: 0 }),
  },
  guards: {
    isUnreported: ({ context }) => !context.reported,
  },
  delays: {
    backoff: ({ context }) =>
      Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(context.failures - 1, 10)),
    patience: ({ context }) => context.patienceMs,
    /** A server that dies sooner than this keeps its failures, so a crash loop backs off too. */
    steady: LAST_BACKOFF_MS,
  },
}).createMachine({
  id: "mcpConnection",
  context: ({ input }) => ({
    failures: 0,
    error: null,
    reported: false,
    patienceMs: input.patienceMs,
  }),
  initial: "connecting",
  on: { "connection.close": ".closed" },
  states: {
    connecting: {
      description: "The server is started and asked to initialize and for its tools.",
      tags: ["unavailable"],
      invoke: {
        id: "connect",
        src: "connect",
        onDone: "ready",
        onError: {
          target: "backingOff",
          actions: {
            type: "noteFailure",
            params: ({ event }) => ({
              error: Error.isError(event.error) ? event.error.message : String(event.error),
            }),
          },
        },
      },
      after: {
        patience: {
          guard: "isUnreported",
          actions: [
            "noteSilence",
            {
              type: "announceLost",
              params: ({ context }) => ({
                error: `it has not answered in ${context.patienceMs} ms`,
              }),
            },
            "noteReported",
          ],
        },
      },
      on: {
        "connection.lost": {
          description: "Lost between the handshake and the news of it.",
          target: "backingOff",
          actions: { type: "noteFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    ready: {
      description: "Its tools can be called.",
      tags: ["available"],
      entry: ["noteReady", "announceConnected"],
      after: { steady: { actions: "forgetFailures" } },
      on: {
        "connection.lost": {
          target: "backingOff",
          actions: { type: "noteFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    backingOff: {
      description: "Waiting to try again, longer each time: 1 s, 2 s, up to 30 s.",
      tags: ["unavailable"],
      entry: "discard",
      initial: "telling",
      states: {
        telling: {
          description: "An outage is told once, however many attempts it takes.",
          always: [
            {
              guard: "isUnreported",
              target: "waiting",
              actions: [
                {
                  type: "announceLost",
                  params: ({ context }) => ({ error: context.error ?? "" }),
                },
                "noteReported",
              ],
            },
            { target: "waiting" },
          ],
        },
        waiting: {
          description: "Nothing is left of the lost connection, or it is being ended.",
          after: { backoff: "#mcpConnection.connecting" },
        },
      },
    },
    closed: {
      description: "Closed for good.",
      type: "final",
      tags: ["unavailable"],
    },
  },
});
