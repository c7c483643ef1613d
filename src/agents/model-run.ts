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

/** A model call that came to no reply. */
export interface CallEnd extends CallRemains {
  readonly error: WireError;
  /** True when it was aborted here, which is no failure. */
  readonly aborted: boolean;
}

export interface RunEvents {
  readonly onText: (text: string) => void;
  readonly onRetry: (retry: { attempt: number; delayMs: number; error: WireError }) => void;
  readonly onReply: (reply: ModelReply) => void;
  readonly onFailure: (end: CallEnd) => void;
}

/** One model call under way. It ends in exactly one reply or failure, unless it is abandoned. */
export class ModelRun {
  readonly #events: RunEvents;
  readonly #controller = new AbortController();
  #over = false;

  constructor(events: RunEvents) {
    this.#events = events;
  }

  /** An instant reply is told before this returns. */
  start(model: () => Model, request: ModelRequest): void {
    const { onText, onRetry } = this.#events;
    const { signal } = this.#controller;
    const call: ModelCall = {
      signal,
      onText: (text) => {
        if (!this.#over) onText(text);
      },
      onRetry: (retry) => {
        if (!this.#over) onRetry(retry);
      },
    };
    try {
      const answer = model().call(request, call);
      if (answer instanceof Promise) this.#settle(answer);
      else this.#reply(answer);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Ends the call; what it used and said is told when it has ended. */
  abort(): void {
    this.#controller.abort("the agent was ended");
  }

  /** Ends the call, of which nobody wants to hear any more. */
  abandon(): void {
    this.#over = true;
    this.abort();
  }

  #settle(answer: Promise<ModelReply>): void {
    // A reply that cannot be taken is a failure too, and never an unhandled rejection.
    answer.then((reply) => this.#reply(reply)).catch((thrown: unknown) => this.#fail(thrown));
  }

  #reply(reply: ModelReply): void {
    if (this.#over) return;
    this.#events.onReply(reply);
    this.#over = true;
  }

  #fail(thrown: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const known = thrown instanceof ModelCallFailed;
    const { usage, partial, partialText } = known ? thrown : nothingUsed;
    const error = encodeError(known ? thrown.error : thrown, "MODEL_FAILED");
    const { aborted } = this.#controller.signal;
    this.#events.onFailure({ usage, partial, partialText, error, aborted });
  }
}
