import { describe, expect, it } from "vitest";
import type { ErrorCode, ErrorDetails } from "../../src/errors.ts";
import { isTurnFailure, meaningOf, type Stopped, stopFailure } from "../../src/wire/stop-reason.ts";

/** Has calls, has said something, may go on: what each reason means then. */
const table: readonly (readonly [reason: string, calls: string, said: string, silent: string])[] = [
  ["end_turn", "calls", "complete", "complete"],
  ["stop_sequence", "calls", "complete", "complete"],
  ["tool_use", "calls", "failed", "failed"],
  ["max_tokens", "calls", "goes-on", "failed"],
  ["pause_turn", "calls", "goes-on", "goes-on"],
  ["refusal", "failed", "failed", "failed"],
  ["model_context_window_exceeded", "failed", "failed", "failed"],
  ["something_new", "calls", "failed", "failed"],
  ["", "calls", "failed", "failed"],
];
const nothing: Omit<Stopped, "stopReason"> = { hasCalls: false, hasSaid: false, mayGoOn: true };

describe("a reply that stopped for", () => {
  it.each(table)("%j means %s with calls, %s with text, %s with nothing", (stopReason, ...all) => {
    const [calls, said, silent] = all;
    expect(meaningOf({ ...nothing, stopReason, hasCalls: true })).toBe(calls);
    expect(meaningOf({ ...nothing, stopReason, hasSaid: true })).toBe(said);
    expect(meaningOf({ ...nothing, stopReason })).toBe(silent);
  });

  it("max_tokens fails once it was gone on with too often", () => {
    const stopped = { ...nothing, stopReason: "max_tokens", hasSaid: true, mayGoOn: false };
    expect(meaningOf(stopped)).toBe("failed");
    expect(stopFailure(stopped).message).toContain("raise");
  });

  it.each(table)("%j carries it in its failure", (stopReason) => {
    const error = stopFailure({ ...nothing, stopReason });
    expect(error).toMatchObject({ code: "MODEL_FAILED", details: { stopReason } });
  });
});

describe("a turn has failed by itself", () => {
  it.each<[boolean, ErrorCode, ErrorDetails]>([
    [true, "MODEL_FAILED", { stopReason: "refusal" }],
    [true, "MODEL_FAILED", { status: 400 }],
    [true, "MODEL_FAILED", { status: 413 }],
    [true, "MODEL_FAILED", { status: 422 }],
    [false, "MODEL_FAILED", {}],
    [false, "MODEL_FAILED", { status: 401 }],
    [false, "MODEL_FAILED", { status: 404 }],
    [false, "MODEL_FAILED", { status: 429 }],
    [false, "MODEL_FAILED", { status: 529 }],
    [false, "SCRIPT_EXHAUSTED", { status: 400 }],
    [false, "LOOP_DETECTED", {}],
    [false, "OPTIONS_INVALID", { stopReason: "refusal" }],
  ])("%s: %s with %j", (expected, code, details) => {
    expect(isTurnFailure({ code, message: "", details })).toBe(expected);
  });
});
