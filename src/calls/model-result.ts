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
 * What a machine's `callModel` comes to: what is settled of it, and what the machine reads.
 *
 * @param exceeded why its stream was ended: it is not asked for once more then, whatever it says
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

/** The answer's text beside its content. */
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

/** True for a machine's call, which a host begins without a permit that would need a slot. */
export function isJob({ out }: Call): boolean {
  return out.type === "model" && out.job !== undefined;
}

/**
 * True for a turn of a session that has failed because of what it is, where no other model may be
 * asked. It counts then, although it had been given back.
 */
export function failsAlone(node: Node, error: WireError): boolean {
  if (node.birth.lifetime !== "session" || !isTurnFailure(error)) return false;
  node.turns += 1;
  return true;
}
