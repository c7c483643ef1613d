import { assign, setup } from "xstate";

/** What ends a host, or tells how it is. */
export type HostLifeEvent =
  | { readonly type: "host.started" }
  | { readonly type: "beat.missed" }
  | { readonly type: "beat.seen" }
  | { readonly type: "host.condemned"; readonly reason: string }
  | { readonly type: "host.exited"; readonly reason: string };

export interface HostLife {
  /** Milliseconds between the order to end and being called stuck. */
  readonly killMs: number;
  /** Why it ends: the first reason given is the one that is kept. */
  readonly reason: string | undefined;
}

/**
 * The life of a host: a place where agents live, seen from the supervisor.
 *
 * `living` hosts may be given agents. A condemned host is being ended; one that outlives `killMs`
 * is stuck in something that cannot be interrupted, and nobody waits for it any longer.
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
        "host.condemned": { target: "condemned", actions: "keepReason" },
      },
    },
    ready: {
      description: "It runs agents.",
      tags: "living",
      on: {
        "beat.missed": "suspect",
        "host.condemned": { target: "condemned", actions: "keepReason" },
      },
    },
    suspect: {
      description: "Its heartbeat is missed; it may only be slow.",
      tags: "living",
      entry: "announceSuspect",
      on: {
        "beat.seen": "ready",
        "host.condemned": { target: "condemned", actions: "keepReason" },
      },
    },
    condemned: {
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

/** A host's state, as `stats()` and people see it. */
export type HostState = "starting" | "ready" | "suspect" | "condemned" | "stuck" | "gone";

function notProvided(name: string): () => void {
  return () => {
    throw new Error(`The action "${name}" is not provided`);
  };
}
