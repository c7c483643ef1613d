/** One run as server-sent events: what it says, what its tools do, and how it ended. */
import type { AgentRef, Outcome, RuntimeEvent } from "coppice";
import type { SSEStreamingApi } from "hono/streaming";

/** Tells a run until it has ended. A client that has gone is written to no more. */
export async function streamRun(stream: SSEStreamingApi, ref: AgentRef): Promise<void> {
  for await (const event of ref.events()) {
    const told = tell(event);
    if (told !== undefined && !stream.aborted) await stream.writeSSE(told);
  }
  const data = JSON.stringify(ending(await ref.outcome));
  if (!stream.aborted) await stream.writeSSE({ event: "outcome", data });
}

function tell(event: RuntimeEvent) {
  const { type, path } = event;
  switch (event.type) {
    case "agent.output":
      return { event: "output", data: JSON.stringify({ path, text: event.text }) };
    case "tool.started":
      return { event: type, data: JSON.stringify({ path, tool: event.tool }) };
    case "tool.finished":
      return {
        event: type,
        data: JSON.stringify({ path, tool: event.tool, isError: event.isError }),
      };
    case "tool.denied":
      return { event: type, data: JSON.stringify({ path, tool: event.tool, code: event.code }) };
    default:
      return undefined;
  }
}

function ending(outcome: Outcome) {
  const { status, usage } = outcome;
  if (status === "completed") return { status, output: outcome.output, usage };
  if (status === "failed") return { status, code: outcome.error.code, usage };
  return { status, usage };
}
