import { CoppiceError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import type { Clock } from "../wire/clock.ts";
import type { CallResult } from "../wire/delivery.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "../wire/json-bound.ts";
import type { InputIssue } from "./schema/compiled-schema.ts";
import type { ReadInput } from "./schema/input-reader.ts";
import type { ToolContext } from "./tool.ts";

/** A tool call as the supervisor makes it, once every layer above the agent has allowed it. */
export interface CallRequest {
  readonly callId: string;
  /** The subject: `add`, `fs/read_file`. */
  readonly tool: string;
  readonly input: Json;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** The value for the tool, when the input was read before. */
  readonly read?: { readonly valid: true; readonly value: unknown } | undefined;
}

/** A callable tool: a function of this process, or a tool of an MCP server. */
export interface Callable {
  readonly timeoutMs: number;
  /**
   * The most milliseconds of a call whose progress extends it by `timeoutMs` each time; unset: no
   * extension.
   */
  readonly maxTotalMs?: number;
  readonly read: (input: Json, context: ReadContext) => ReadInput | Promise<ReadInput>;
  readonly execute: (input: unknown, context: CallContext) => unknown;
}

/**
 * The context of a call: {@link ToolContext}, but an MCP server may report progress without a
 * fraction.
 */
export interface CallContext extends Omit<ToolContext, "progress"> {
  progress(fraction: number | undefined, message?: string): void;
  /** Stops the timeout while the call waits for a thread; the returned function starts it anew. */
  queue(): () => void;
}

/** The context of a read on another thread. */
export type ReadContext = Omit<CallContext, "progress">;

/** A failure with a code of the runtime; an embedder's function cannot set the code itself. */
export class CallFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Progress {
  readonly fraction?: number;
  readonly message?: string;
}

export interface RunningCallOptions {
  readonly clock: Clock;
  readonly onProgress: (progress: Progress) => void;
}

const PROGRESS_EVERY_MS = 100;
const MAX_PROGRESS_CHARACTERS = 500;
/** The most characters of a failure's message: the model pays for each of them. */
const MAX_MESSAGE_CHARACTERS = 16_000;

/**
 * A call while it runs, from the check of its input to its result.
 *
 * **Guarantees** `result` never rejects and settles once, at the latest when the time is over or
 * the signal is aborted, whatever the tool does; no timer or listener is left then.
 */
export class RunningCall {
  readonly result: Promise<CallResult>;
  readonly #callable: Callable;
  readonly #request: CallRequest;
  readonly #options: RunningCallOptions;
  readonly #resolve: (result: CallResult) => void;
  #startedAt: number;
  readonly #onAbort = (): void => this.cancel(this.#request.signal.reason);
  /** Allocated when the tool reads its signal; most tools never do. */
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #timer: unknown;
  #settled = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(callable: Callable, request: CallRequest, options: RunningCallOptions) {
    this.#callable = callable;
    this.#request = request;
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<CallResult>();
    this.result = promise;
    this.#resolve = resolve;
    if (request.signal.aborted) {
      this.#onAbort();
      return;
    }
    request.signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#arm(callable.timeoutMs);
    // `#run` settles the call by itself and cannot reject.
    void this.#run();
  }

  /** Settles the call as cancelled and signals the tool. */
  cancel(reason: unknown): void {
    if (this.#settled) return;
    const { tool } = this.#request;
    this.#end("CANCELLED", `Tool "${tool}" was cancelled: ${said(reason)}`);
    this.#abort(reason);
  }

  async #run(): Promise<void> {
    const { tool, input, read: ready } = this.#request;
    try {
      const context = this.#context();
      // A synchronous check costs no turn of the event loop.
      const reading = ready ?? this.#callable.read(input, context);
      const read = reading instanceof Promise ? await reading : reading;
      if (this.#settled) return;
      if (!read.valid) {
        const { code, message, details } = unfit(tool, read.issues);
        this.#end(code, message, details);
        return;
      }
      const value = plainResult(await this.#callable.execute(read.value, context));
      this.#settle({ isError: false, value });
    } catch (error) {
      // An error thrown after the call has ended has no receiver: it is dropped on purpose, so that
      // it does not become an unhandled rejection.
      if (!this.#settled) this.#fail(error);
    }
  }

  #fail(thrown: unknown): void {
    const message = `Tool "${this.#request.tool}" failed: ${said(thrown)}`;
    if (isFailure(thrown)) return this.#end(thrown.code, message);
    // A tool's own code must not pass for a code of the runtime.
    const code = thrown instanceof CoppiceError ? { code: thrown.code } : {};
    this.#end("TOOL_FAILED", message, { said: said(thrown), ...code });
  }

  #context(): CallContext {
    const { callId, path, labels, attempt } = this.#request;
    const progress: CallContext["progress"] = (fraction, message) =>
      this.#progress(fraction, message);
    const signal = (): AbortSignal => this.#signal();
    return {
      get signal() {
        return signal();
      },
      callId,
      path,
      labels,
      attempt,
      progress,
      queue: () => this.#queue(),
    };
  }

  #queue(): () => void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    return () => {
      if (this.#settled) return;
      this.#startedAt = clock.now();
      this.#arm(this.#callable.timeoutMs);
    };
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  #abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }

  #progress(given: number | undefined, message: string | undefined): void {
    if (this.#settled) return;
    const { clock, onProgress } = this.#options;
    const { maxTotalMs, timeoutMs } = this.#callable;
    const now = clock.now();
    if (maxTotalMs !== undefined) {
      this.#arm(Math.min(timeoutMs, this.#startedAt + maxTotalMs - now));
    }
    if (given !== undefined && !Number.isFinite(given)) return;
    const fraction = given === undefined ? undefined : Math.min(1, Math.max(0, given));
    if (now - this.#toldAt < PROGRESS_EVERY_MS) return;
    this.#toldAt = now;
    const text =
      message === undefined ? undefined : shorten(describe(message), MAX_PROGRESS_CHARACTERS);
    onProgress({
      ...(fraction === undefined ? {} : { fraction }),
      ...(text === undefined ? {} : { message: text }),
    });
  }

  #arm(delayMs: number): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => this.#timeOut(), Math.max(0, delayMs));
  }

  #timeOut(): void {
    const { tool } = this.#request;
    const elapsedMs = Math.round(this.#options.clock.now() - this.#startedAt);
    const message = `Tool "${tool}" did not answer in ${elapsedMs} ms`;
    const { timeoutMs } = this.#callable;
    this.#end("TOOL_TIMED_OUT", message, { timeoutMs, elapsedMs });
    this.#abort(new DOMException(message, "TimeoutError"));
  }

  #end(code: ErrorCode, message: string, details: ErrorDetails = {}): void {
    const { tool } = this.#request;
    this.#settle(refusedCall(code, message, { tool, ...details }));
  }

  #settle(result: CallResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#resolve(result);
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

function isFailure(thrown: unknown): thrown is CallFailure {
  try {
    return thrown instanceof CallFailure;
  } catch {
    // A proxy may throw.
    return false;
  }
}

function plainResult(value: unknown): Json {
  try {
    return plainJson(value);
  } catch (error) {
    throw new TypeError(`its result is not plain JSON: ${said(error)}`);
  }
}

/** Describes a thrown value in a text bounded for models. */
export function said(thrown: unknown): string {
  return shorten(describe(thrown), MAX_MESSAGE_CHARACTERS);
}
