import { setup } from "xstate";

export type ToolCallEvent =
  /** Refused before anything ran: not granted, not known, or its input does not fit. */
  | { readonly type: "tool.denied" }
  | { readonly type: "tool.started" }
  /** The tool answered, with a value or by failing. */
  | { readonly type: "tool.settled" }
  /** The caller's subtree was cancelled. */
  | { readonly type: "tool.cancelled" }
  | { readonly type: "tool.timed-out" }
  /** The tool answered after its call had ended: the answer is dropped. */
  | { readonly type: "tool.late" };

/**
 * One tool call from request to end: the specification. A test replays what the toolbox does
 * against it, so that chart and code cannot drift apart.
 *
 * The outcome is the top-level state and is decided once. Within `cancelled` and `timedOut` the
 * tool may still run, since a function cannot be ended from outside.
 */
export const toolCall = setup({
  types: { events: {} as ToolCallEvent },
}).createMachine({
  id: "toolCall",
  initial: "requested",
  states: {
    requested: {
      description: "Asked for. The tool is looked up and its input checked; nothing has run.",
      tags: ["pending"],
      on: {
        "tool.denied": "denied",
        "tool.started": "running",
        "tool.settled": {
          description: "The check of the input itself threw.",
          target: "settled",
        },
        "tool.cancelled": "cancelled.unstarted",
        "tool.timed-out": "timedOut.unstarted",
      },
    },
    running: {
      description: "The tool works, with a signal that is aborted when nobody waits any more.",
      tags: ["pending", "effect"],
      on: {
        "tool.settled": "settled",
        "tool.cancelled": "cancelled.abandoned",
        "tool.timed-out": "timedOut.abandoned",
      },
    },
    settled: {
      description: "The tool's value or its failure is the result.",
      tags: ["ended"],
      type: "final",
    },
    denied: {
      description: "The refusal is the result: CAPABILITY_DENIED, TOOL_UNKNOWN and their kin.",
      tags: ["ended"],
      type: "final",
    },
    cancelled: {
      description: "CANCELLED is the result.",
      tags: ["ended"],
      initial: "unstarted",
      states: {
        unstarted: { description: "Nothing runs, and nothing will.", type: "final" },
        abandoned: {
          description: "The tool has been signalled and has not answered yet.",
          tags: ["effect"],
          on: { "tool.late": "quiet" },
        },
        quiet: { description: "The tool's late answer was dropped.", type: "final" },
      },
    },
    timedOut: {
      description: "TOOL_TIMED_OUT is the result.",
      tags: ["ended"],
      initial: "unstarted",
      states: {
        unstarted: { description: "The check of the input took too long.", type: "final" },
        abandoned: {
          description: "The tool has been signalled and has not answered yet.",
          tags: ["effect"],
          on: { "tool.late": "quiet" },
        },
        quiet: { description: "The tool's late answer was dropped.", type: "final" },
      },
    },
  },
});
