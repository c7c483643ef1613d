import {
  type CallRemains,
  type Model,
  type ModelCall,
  ModelCallFailed,
  type ModelReply,
  type ModelRequest,
  nothingUsed,
} from "../models/model.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import { isThenable } from "../wire/realm.ts";
import { promptOf } from "../wire/token-counts.ts";
import type { TokenUsage } from "../wire/transcript.ts";

/** The end of a model call that had no reply. */
export interface CallEnd extends CallRemains {
  readonly error: WireError;
  /** True when this host aborted the call, which is no failure. */
  readonly aborted: boolean;
}

export interface RunEvents {
  readonly onText: (text: string) => void;
  readonly onRetry: (retry: { attempt: number; delayMs: number; error: WireError }) => void;
  /** Called when the service reports more usage than was reserved, or usage at a higher price. */
  readonly onGrowth: (usage: TokenUsage) => void;
  readonly onReply: (reply: ModelReply) => void;
  readonly onFailure: (end: CallEnd) => void;
}

/** Facts about a call that its permit carries beside the request. */
export interface PermittedCall {
  /** Attempts that failed before. Default 0. */
  readonly failed?: number | undefined;
  /** Tokens that were reserved for the prompt. Left out: `onGrowth` is not called. */
  readonly inputTokens?: number | undefined;
}

/**
 * One model call under way. It ends in exactly one reply or failure, unless it is abandoned because
 * its agent is gone; its cost has been settled by then.
 */
export class ModelRun {
  readonly #events: RunEvents;
  readonly #controller = new AbortController();
  #over = false;

  constructor(events: RunEvents) {
    this.#events = events;
  }

  /**
   * Starts the call. A model that answers synchronously has its reply handled before this returns.
   */
  start(model: () => Model, request: ModelRequest, permitted: PermittedCall = {}): void {
    const { onText, onRetry, onGrowth } = this.#events;
    const { failed = 0 } = permitted;
    const outgrows = growthOf(permitted);
    const { signal } = this.#controller;
    const call: ModelCall = {
      signal,
      failed,
      onText: (text) => {
        if (!this.#over) onText(text);
      },
      onRetry: (retry) => {
        if (!this.#over) onRetry(retry);
      },
      onUsage: (said) => {
        if (!this.#over && outgrows(said)) onGrowth(said);
      },
    };
    try {
      const answer = model().call(request, call);
      if (isThenable(answer)) this.#settle(answer);
      else this.#reply(answer);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Aborts the call; `onFailure` reports its usage and its text once it has ended. */
  abort(): void {
    this.#controller.abort("the agent was ended");
  }

  /** Aborts the call and reports nothing more of it. */
  abandon(): void {
    this.#over = true;
    this.abort();
  }

  #settle(answer: PromiseLike<ModelReply>): void {
    // A reply that cannot be taken is a failure too, and never an unhandled rejection.
    Promise.resolve(answer)
      .then((reply) => this.#reply(reply))
      .catch((thrown: unknown) => this.#fail(thrown));
  }

  #reply(reply: ModelReply): void {
    if (this.#over) return;
    try {
      this.#events.onReply(reply);
    } catch (thrown) {
      // The reply cannot be taken, and has been paid for.
      const { usage, partial = false } = reply;
      this.#fail(thrown, { usage, partial, partialText: "" });
    }
    this.#over = true;
  }

  #fail(thrown: unknown, remains: CallRemains = nothingUsed): void {
    if (this.#over) return;
    this.#over = true;
    const known = thrown instanceof ModelCallFailed;
    const { usage, partial, partialText, again } = known ? thrown : remains;
    const error = encodeError(known ? thrown.error : thrown, "MODEL_FAILED");
    const { aborted } = this.#controller.signal;
    const next = again === undefined || aborted ? {} : { again };
    this.#events.onFailure({ usage, partial, partialText, error, aborted, ...next });
  }
}

/**
 * Returns a predicate for the usage reports of a call. It is true when a report exceeds what was
 * reserved or reported before: by a longer prompt, or by more of what costs extra.
 */
function growthOf({ inputTokens }: PermittedCall): (said: TokenUsage) => boolean {
  let [prompt, dear] = [inputTokens ?? Number.POSITIVE_INFINITY, 0];
  return (said) => {
    const { cacheWrite1hTokens = 0, webSearches = 0 } = said;
    const more = cacheWrite1hTokens + webSearches;
    if (inputTokens === undefined || (promptOf(said) <= prompt && more <= dear)) return false;
    [prompt, dear] = [Math.max(prompt, promptOf(said)), Math.max(dear, more)];
    return true;
  };
}
