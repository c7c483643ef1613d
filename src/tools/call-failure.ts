import { CoppiceError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import type { CallResult } from "../wire/delivery.ts";
import { describe } from "../wire/error-codec.ts";
import type { InputIssue } from "./schema/compiled-schema.ts";

/** The most characters of a failure's message: the model pays for each of them. */
const MAX_MESSAGE_CHARACTERS = 16_000;

/** A failure with a code of the runtime; an embedder's function cannot set the code itself. */
export class CallFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Creates a refusal or failure as the model reads it: what happened and what to do, without a
 * stack.
 */
export function refusedCall(code: ErrorCode, message: string, details: ErrorDetails): CallResult {
  const error = new CoppiceError(code, message, details);
  return { isError: true, error: { code, message: error.message, details } };
}

/** Creates the error of an input that does not fit, as the model reads it. */
export function unfit(tool: string, issues: readonly InputIssue[]): CoppiceError {
  const faults = issues.map(({ path, message }) => `${path || "the input"} ${message}`).join("; ");
  const message = `The input of tool "${tool}" does not fit its schema: ${faults}`;
  return new CoppiceError("TOOL_INPUT_INVALID", message, { tool, issues });
}

export function isFailure(thrown: unknown): thrown is CallFailure {
  try {
    return thrown instanceof CallFailure;
  } catch {
    // A proxy may throw.
    return false;
  }
}

/** Describes a thrown value in a text bounded for models. */
export function said(thrown: unknown): string {
  return shorten(describe(thrown), MAX_MESSAGE_CHARACTERS);
}
