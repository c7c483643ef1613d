import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../../wire/clock.ts";
import { eventsOf, isEventStream, type StreamPosition } from "./event-stream.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { messagesIn } from "./http-messages.ts";
import type { HttpRefusal } from "./http-refusal.ts";
import { pause, reconnectionMs } from "./reconnection.ts";

export interface NotificationStreamOptions {
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly onMessage: (message: JSONRPCMessage) => Promise<void> | void;
  /** It is open again; what was said meanwhile may be lost. */
  readonly onReopened: () => void;
  /** Its connection broke: the server may be gone. */
  readonly onBroken: (refusal: HttpRefusal) => void;
  /** Answered 404 after it had been open: the session may be gone. */
  readonly onMissing: () => void;
}

/** A stream that stayed open for as long has not failed when it ends. */
const STEADY_MS = 5_000;
/** Statuses of a server that has no such stream; the specification says 405. */
const NEVER: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * The stream on which a server says what belongs to no request, opened again whenever it ends.
 *
 * **Guarantees** waits between attempts, at most 30 s; what happens to it costs no call.
 */
export class NotificationStream {
  readonly #options: NotificationStreamOptions;
  #running: AbortController | undefined;
  #wasOpen = false;

  constructor(options: NotificationStreamOptions) {
    this.#options = options;
  }

  /** Begins, or begins anew for a new session. */
  start(): void {
    this.stop();
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort(new Error("closed"));
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
    this.#wasOpen = false;
    for (let [attempts, failures] = [0, 0]; ; attempts += 1) {
      const [opened, before] = [clock.now(), position.lastEventId];
      try {
        if (!(await this.#read(position, attempts > 0, signal))) return;
        const hasProgress = position.lastEventId !== undefined && position.lastEventId !== before;
        const wasSteady = hasProgress || clock.now() - opened >= STEADY_MS;
        failures = wasSteady ? 0 : failures + 1;
        await pause(clock, reconnectionMs(failures, position.retryMs), signal);
      } catch {
        // It was stopped.
        return;
      }
    }
  }

  /** Resolves with whether to go on when it has ended; rejects when it was stopped. */
  async #read(position: StreamPosition, isAgain: boolean, signal: AbortSignal): Promise<boolean> {
    const { exchange, maxBytes, onMessage, onReopened } = this.#options;
    try {
      const response = await exchange.listen(position.lastEventId, signal);
      if (!isEventStream(response)) {
        await response.body?.cancel();
        return false;
      }
      this.#wasOpen = true;
      if (isAgain) onReopened();
      for await (const { data } of eventsOf(response, maxBytes, position)) {
        const messages = await readable(data);
        for (const message of messages) await onMessage(message);
      }
      return true;
    } catch (error) {
      signal.throwIfAborted();
      return this.#goesOn(exchange.failed(error), position);
    }
  }

  #goesOn(error: HttpRefusal, position: StreamPosition): boolean {
    if (error.kind === "cut") this.#options.onBroken(error);
    if (error.kind === "forgotten") {
      // A new session, if there must be one, begins a new stream. One that never had a stream has
      // none: to doubt it as well would make sessions in a loop, each as short-lived.
      if (this.#wasOpen) this.#options.onMissing();
      return false;
    }
    if (error.status !== undefined && NEVER.has(error.status)) return false;
    // A session that is gone is made anew by who finds it out, and this stream with it.
    // What it does not know, or what was too large, would end the next one as well.
    if (error.kind === "unfit" || error.status === 400) position.lastEventId = undefined;
    return true;
  }
}

/** What is none or too much is passed over: nobody waits for it. */
async function readable(data: string): Promise<readonly JSONRPCMessage[]> {
  try {
    return (await messagesIn(data)).messages;
  } catch {
    return [];
  }
}
