import type { CoppiceError } from "../errors.ts";
import type { Call, Node } from "../kernel/node.ts";
import type { CallResult } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { JobReport } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import type { WireError } from "../wire/outcome.ts";
import { isTurnFailure } from "../wire/stop-reason.ts";
import type { Block } from "../wire/transcript.ts";
import type { CallDone } from "./model-report.ts";

type JobDone = Extract<JobReport, { type: "done" }>;

/**
 * Returns the outcome of a machine's `callModel`: the part that is settled, and the result that the
 * machine reads.
 *
 * @param exceeded the reason why the stream was ended; such a call is not retried, whatever its
 * report says
 */
export function jobDone(
  report: JobDone,
  exceeded: CoppiceError | undefined,
): { readonly done: CallDone; readonly result: CallResult } {
  const { callId, usage, partial = false, result } = report;
  if (exceeded !== undefined) {
    const error = encodeError(exceeded, "BUDGET_EXCEEDED");
    return { done: { callId, usage, partial, error }, result: { isError: true, error } };
  }
  const how = result.isError ? { error: result.error } : { stopReason: result.stopReason };
  return { done: { ...report, ...how }, result: modelResult(report) };
}

/** Returns the content of the answer, with its text beside it. */
function modelResult(report: JobDone): CallResult {
  const { result, usage } = report;
  if (result.isError) return result;
  const value = {
    text: textOf(result.content),
    content: result.content as unknown as Json,
    stopReason: result.stopReason,
    usage: { ...usage },
  };
  return { isError: false, value };
}

function textOf(content: readonly Block[]): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** True for a machine's call, which a host runs as a job, without a permit that needs a slot. */
export function isJob({ command }: Call): boolean {
  return command.type === "model" && command.job !== undefined;
}

/**
 * Returns true for a turn of a session that failed because of its content, where no other model may
 * be asked. Such a turn counts: the turn that had been given back is taken again.
 */
export function failsAlone(node: Node, error: WireError): boolean {
  if (node.childSpec.lifetime !== "session" || !isTurnFailure(error)) return false;
  node.turns += 1;
  return true;
}
