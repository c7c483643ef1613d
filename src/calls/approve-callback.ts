import type { Decision, PendingApproval } from "../wire/approval.ts";
import { clip } from "../wire/clip.ts";
import { describe } from "../wire/error-codec.ts";
import { shownText } from "../wire/shown-text.ts";
import { readDecision } from "./decision.ts";

export type Approve = (request: PendingApproval) => Promise<Decision> | Decision;

/** The decision of a callback, or the reason why it gave none. */
export type CallbackAnswer =
  | { readonly status: "decided"; readonly decision: Decision }
  | { readonly status: "failed"; readonly reason: string };

const MAX_SAID = 500;

/**
 * Asks the embedder's callback, which may do anything.
 *
 * **Guarantees** never rejects: a callback that throws, rejects or gives no decision has failed.
 * @param check fails when the decision does not answer the question
 */
export async function askCallback(
  approve: Approve,
  asked: PendingApproval,
  check: (decision: Decision) => void,
): Promise<CallbackAnswer> {
  try {
    const decision = readDecision(await approve(asked), "approve");
    check(decision);
    return { status: "decided", decision };
  } catch (thrown) {
    const why = shownText(clip(String(describe(thrown)), MAX_SAID));
    return { status: "failed", reason: `the approve callback failed: ${why}` };
  }
}
