import type { Json } from "./wire/json.ts";

/**
 * Every code of a {@link CoppiceError}, with general advice for an operator and the code's default
 * for `retryable`.
 */
export const ERRORS = {
  DEPTH_EXCEEDED: {
    advice: "Raise `limits.depth` or do the work in this agent.",
    retryable: false,
  },
  SPAWNS_EXCEEDED: {
    advice: "Raise the limit of the node named; with `retryAfterMs`, try again then.",
    retryable: false,
  },
  CHILDREN_EXCEEDED: {
    advice: "Wait for a child to end or raise `limits.children`.",
    retryable: true,
  },
  QUEUE_FULL: {
    advice: "Try again later, or raise `limits.queue` or the `queue` of the rate named.",
    retryable: true,
  },
  AGENT_UNKNOWN: {
    advice: "Name a template of `agents`, or a path that exists.",
    retryable: false,
  },
  NAME_INVALID: {
    advice: "Use letters, digits, `.`, `_` and `-`, and a name not used before.",
    retryable: false,
  },
  CAPABILITY_DENIED: {
    advice: "Add the right to the `grants` of the node named.",
    retryable: false,
  },
  BUDGET_EXCEEDED: {
    advice: "Raise the budget of the node named; with `retryAfterMs`, try again then.",
    retryable: false,
  },
  APPROVAL_DENIED: { advice: "See the reason that was given.", retryable: false },
  APPROVAL_TIMED_OUT: { advice: "Answer sooner or raise `approvalTimeoutMs`.", retryable: true },
  APPROVAL_UNKNOWN: { advice: "Take an id from `approvals()`.", retryable: false },
  TOOL_UNKNOWN: { advice: "Register the tool in `tools` or `mcpServers`.", retryable: false },
  TOOL_INPUT_INVALID: { advice: "Correct the input to the tool's schema.", retryable: false },
  TOOL_FAILED: { advice: "See `details` for what the tool said.", retryable: true },
  TOOL_TIMED_OUT: { advice: "Raise the tool's `timeoutMs` or ask for less.", retryable: true },
  TOOL_OUTCOME_UNKNOWN: { advice: "Check by hand whether the tool took effect.", retryable: false },
  MODEL_FAILED: { advice: "See `details` for what the model's service said.", retryable: true },
  LOOP_DETECTED: {
    advice: "Tell it what to do instead, or raise `limits.repeats`.",
    retryable: false,
  },
  TOO_MANY_ERRORS: {
    advice: "See why its calls fail, or raise `limits.errors`.",
    retryable: false,
  },
  SCRIPT_EXHAUSTED: { advice: "Add a step to the script or set `repeat`.", retryable: false },
  MACHINE_INVALID: {
    advice: "Default-export an XState machine from the module.",
    retryable: false,
  },
  ASK_TIMED_OUT: { advice: "Raise `timeoutMs` or ask a less busy agent.", retryable: true },
  MAILBOX_FULL: { advice: "Send again later or raise `limits.mailbox`.", retryable: true },
  AGENT_STOPPED: {
    advice: "Spawn a new agent; one that was restarted can be asked again.",
    retryable: false,
  },
  RESTART_INTENSITY_EXCEEDED: { advice: "Find why the child keeps ending.", retryable: false },
  HOST_LOST: { advice: "Run it again; the event `host.lost` has the reason.", retryable: true },
  OUT_OF_MEMORY: { advice: "Raise `memoryMb` or hold less.", retryable: false },
  CANCELLED: {
    advice: "Nothing is left to do; run it again if it is still wanted.",
    retryable: false,
  },
  STORE_LOCKED: { advice: "Another process holds this store; stop it first.", retryable: true },
  STORE_CORRUPT: { advice: "Restore the store from a copy.", retryable: false },
  OPTIONS_INVALID: { advice: "Correct the option named.", retryable: false },
  RUNTIME_FAULT: {
    advice: "The runtime itself failed: report it, with the event `runtime.fault`.",
    retryable: false,
  },
  SUPERVISOR_STOPPED: { advice: "Start a new supervisor.", retryable: false },
} as const satisfies Record<string, { readonly advice: string; readonly retryable: boolean }>;

/** An error code: a key of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** The details of an error, as plain JSON. */
export type ErrorDetails = { readonly [key: string]: Json | undefined };

const brand = Symbol.for("coppice.error");

/**
 * The one error class of this library: a `code` to branch on, a message that says what happened and
 * what to do, and `details` as plain JSON.
 *
 * **Guarantees** `instanceof` holds across threads and across duplicate copies of the package.
 * @example
 * try { await supervisor.spawn("nobody", { input: "?" }); }
 * catch (error) { if (error instanceof CoppiceError) console.log(error.code); }
 */
export class CoppiceError extends Error {
  override readonly name = "CoppiceError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /**
   * True when a retry can help: `details.retryable` if given, otherwise the default of its code.
   */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
    super(sentence, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    const { retryable } = details;
    this.retryable = typeof retryable === "boolean" ? retryable : ERRORS[code].retryable;
    Object.defineProperty(this, brand, { value: true });
  }

  /** General advice for an operator on errors of this code. */
  get advice(): string {
    return ERRORS[this.code].advice;
  }

  /**
   * Returns the error as JSON with its message, which JSON drops from an `Error`; the stack is left
   * out.
   */
  toJSON(): { readonly [key: string]: Json | undefined } {
    const { name, code, message, details, retryable } = this;
    return { name, code, message, details, retryable };
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return typeof value === "object" && value !== null && brand in value;
    } catch {
      // The `has` trap of a proxy may throw.
      return false;
    }
  }
}
