import { assign, setup } from "xstate";

/** An event in the life of a host. */
export type HostLifeEvent =
  | { readonly type: "host.started" }
  | { readonly type: "beat.missed" }
  | { readonly type: "beat.seen" }
  | { readonly type: "host.terminated"; readonly reason: string }
  | { readonly type: "host.exited"; readonly reason: string };

export interface HostLife {
  /** Milliseconds from the order to end until a host that has not exited is called stuck. */
  readonly killMs: number;
  /** The reason for its end; the first reason given is kept. */
  readonly reason: string | undefined;
}

/**
 * The life of a host, on which agents run, as the supervisor sees it.
 *
 * `living` hosts may be given agents. A terminated host is being ended; one that outlives `killMs`
 * is stuck in something that cannot be interrupted, and the supervisor no longer waits for it.
 */
export const hostMachine = setup({
  types: {
    context: {} as HostLife,
    input: {} as { readonly killMs: number },
    events: {} as HostLifeEvent,
    tags: {} as "living" | "ended",
  },
  actions: {
    keepReason: assign({
      reason: ({ context, event }) =>
        context.reason ?? ("reason" in event ? event.reason : undefined),
    }),
    announceStarted: notProvided("announceStarted"),
    announceSuspect: notProvided("announceSuspect"),
    terminate: notProvided("terminate"),
    announceStuck: notProvided("announceStuck"),
    announceGone: notProvided("announceGone"),
  },
  delays: { killMs: ({ context }) => context.killMs },
}).createMachine({
  id: "host",
  context: ({ input }) => ({ killMs: input.killMs, reason: undefined }),
  initial: "starting",
  on: { "host.exited": { target: ".gone", actions: "keepReason" } },
  states: {
    starting: {
      description: "Its thread is being made; what is posted to it waits in its port.",
      tags: "living",
      on: {
        "host.started": { target: "ready", actions: "announceStarted" },
        "host.terminated": { target: "terminating", actions: "keepReason" },
      },
    },
    ready: {
      description: "It runs agents.",
      tags: "living",
      on: {
        "beat.missed": "suspect",
        "host.terminated": { target: "terminating", actions: "keepReason" },
      },
    },
    suspect: {
      description: "Its heartbeat is missed; it may only be slow.",
      tags: "living",
      entry: "announceSuspect",
      on: {
        "beat.seen": "ready",
        "host.terminated": { target: "terminating", actions: "keepReason" },
      },
    },
    terminating: {
      description: "It was told to end and has not ended yet.",
      entry: "terminate",
      after: { killMs: "stuck" },
    },
    stuck: {
      description: "It outlived the order to end: fenced off, and waited for by nobody.",
      tags: "ended",
      entry: "announceStuck",
    },
    gone: {
      description: "Its thread has exited.",
      tags: "ended",
      type: "final",
      entry: "announceGone",
    },
  },
});

/** The state of a host, as `stats()` reports it. */
export type HostState = "starting" | "ready" | "suspect" | "terminating" | "stuck" | "gone";

function notProvided(name: string): () => void {
  return () => {
    throw new Error(`The action "${name}" is not provided`);
  };
}
