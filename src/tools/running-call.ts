import { CoppiceError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import type { Clock } from "../wire/clock.ts";
import type { CallResult } from "../wire/delivery.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "../wire/json-bound.ts";
import { isThenable } from "../wire/realm.ts";
import { isFailure, refusedCall, said, unfit } from "./call-failure.ts";
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

/** An input that was read before. */
type Ready = NonNullable<CallRequest["read"]>;

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

/**
 * A call while it runs, from the check of its input to its result.
 *
 * **Guarantees** it settles once, at the latest when the time is over or the signal is aborted,
 * whatever the tool does; no timer or listener is left then. A tool that answers at once needs
 * neither of them, and no promise.
 */
export class RunningCall {
  readonly #callable: Callable;
  readonly #request: CallRequest;
  readonly #options: RunningCallOptions;
  #startedAt: number;
  readonly #onAbort = (): void => this.cancel(this.#request.signal.reason);
  #outcome: CallResult | undefined;
  /** Allocated when the tool has not answered at once. */
  #later: PromiseWithResolvers<CallResult> | undefined;
  /** Allocated when the tool reads its signal; most tools never do. */
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #isListening = false;
  #isQueued = false;
  #timer: unknown;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(callable: Callable, request: CallRequest, options: RunningCallOptions) {
    this.#callable = callable;
    this.#request = request;
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { signal } = request;
    if (!signal.aborted) this.#read();
    // The tool may have ended its own agent.
    if (signal.aborted) this.#onAbort();
    if (this.#outcome !== undefined) return;
    this.#later = Promise.withResolvers<CallResult>();
    this.#listen();
    if (this.#timer === undefined && !this.#isQueued) this.#arm(this.#remaining());
  }

  /** The result of a call that has settled; undefined while it runs. */
  get outcome(): CallResult | undefined {
    return this.#outcome;
  }

  /** Never rejects. */
  get result(): Promise<CallResult> {
    return this.#later?.promise ?? Promise.resolve(this.#outcome as CallResult);
  }

  get #settled(): boolean {
    return this.#outcome !== undefined;
  }

  /** Settles the call as cancelled and signals the tool. */
  cancel(reason: unknown): void {
    if (this.#settled) return;
    const { tool } = this.#request;
    this.#end("CANCELLED", `Tool "${tool}" was cancelled: ${said(reason)}`);
    this.#abort(reason);
  }

  /** Reads the input, at once where that is possible. */
  #read(): void {
    const { input, read: ready } = this.#request;
    try {
      const context = this.#context();
      const reading = ready ?? this.#callable.read(input, context);
      if (reading instanceof Promise)
        void this.#await(reading, (read) => this.#execute(read, context));
      else this.#execute(reading, context);
    } catch (error) {
      this.#thrown(error);
    }
  }

  #execute(read: ReadInput | Ready, context: CallContext): void {
    if (!read.valid) {
      const { code, message, details } = unfit(this.#request.tool, read.issues);
      return this.#end(code, message, details);
    }
    const given = this.#callable.execute(read.value, context);
    if (isThenable(given)) void this.#await(given, (value) => this.#answer(value));
    else this.#answer(given);
  }

  #answer(given: unknown): void {
    this.#settle({ isError: false, value: plainResult(given) });
  }

  /** Goes on when a promise has settled; it cannot reject. */
  async #await<Value>(promise: PromiseLike<Value>, goOn: (value: Value) => void): Promise<void> {
    try {
      const value = await promise;
      if (!this.#settled) goOn(value);
    } catch (error) {
      this.#thrown(error);
    }
  }

  /**
   * An error thrown after the call has ended has no receiver: it is dropped on purpose, so that it
   * does not become an unhandled rejection.
   */
  #thrown(error: unknown): void {
    if (!this.#settled) this.#fail(error);
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
    this.#isQueued = true;
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
      this.#listen();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /** Listens for the end of the agent, from the moment that anybody could learn of it here. */
  #listen(): void {
    // A tool may read its signal long after it has answered.
    if (this.#isListening || this.#settled) return;
    this.#isListening = true;
    this.#request.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  #remaining(): number {
    return this.#callable.timeoutMs - (this.#options.clock.now() - this.#startedAt);
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
    // Rounded up: a timer cuts a fraction off, and the call would end before its time.
    this.#timer = clock.setTimeout(() => this.#timeOut(), Math.ceil(Math.max(0, delayMs)));
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
    this.#outcome = result;
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    if (this.#isListening) this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#later?.resolve(result);
  }
}

function plainResult(value: unknown): Json {
  try {
    return plainJson(value);
  } catch (error) {
    throw new TypeError(`its result is not plain JSON: ${said(error)}`);
  }
}
