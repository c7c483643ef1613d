/**
 * An agent as a statechart: 03-custom-machine.ts runs it. What it asks of the world goes through
 * `coppice/actor`, where the same rights and budgets hold as for any agent.
 */
import { type CallOutput, callModel, callTool, reply, spawnAgent } from "coppice/actor";
import { assign, setup } from "xstate";

interface Context {
  readonly ticket: string;
  readonly history: string;
  readonly verdict: string;
  readonly fix: string;
}

export default setup({
  types: {} as {
    context: Context;
    events: { type: "status" } | { type: "close" };
    input: { ticket: string };
    output: string;
  },
  actors: { callTool, callModel, spawnAgent },
  actions: { answer: reply(({ context }) => `${context.ticket}: ${context.fix || "open"}`) },
}).createMachine({
  id: "triage",
  context: ({ input }) => ({ ticket: input.ticket, history: "", verdict: "", fix: "" }),
  initial: "looking-up",
  // In every state: whoever asks for the status gets an answer.
  on: { status: { actions: "answer" } },
  states: {
    "looking-up": {
      invoke: {
        id: "history",
        src: "callTool",
        input: ({ context }) => ({ tool: "history", input: { ticket: context.ticket } }),
        onDone: {
          target: "judging",
          actions: assign({ history: ({ event }) => wordOf(event.output) }),
        },
      },
    },
    judging: {
      invoke: {
        id: "verdict",
        src: "callModel",
        input: ({ context }) => ({
          messages: [{ role: "user", content: `How bad is this? ${context.history}` }],
        }),
        onDone: {
          target: "fixing",
          actions: assign({
            verdict: ({ event: { output } }) => (output.isError ? "unknown" : output.value.text),
          }),
        },
      },
    },
    fixing: {
      invoke: {
        id: "fixer",
        src: "spawnAgent",
        input: ({ context }) => ({ agent: "fixer", input: `${context.verdict}: fix it.` }),
        onDone: {
          target: "waiting",
          actions: assign({ fix: ({ event }) => wordOf(event.output) }),
        },
      },
    },
    waiting: {
      description: "Fixed, and somebody has to close it.",
      on: { close: "closed" },
    },
    closed: { type: "final" },
  },
  output: ({ context: { history, verdict, fix } }) => `${history} -> ${verdict} -> ${fix}`,
});

/** A refusal is a value too: it would stand in the output of this machine. */
function wordOf(output: CallOutput): string {
  return output.isError ? output.error.code : String(output.value);
}
