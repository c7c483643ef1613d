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
  /** Called when the stream is open again; messages sent meanwhile may be lost. */
  readonly onReopened: () => void;
  /** Called when its connection broke: the server may be gone. */
  readonly onBroken: (refusal: HttpRefusal) => void;
  /** Called when the server no longer knows the session of a stream that was open before. */
  readonly onMissing: () => void;
}

/** Milliseconds after which the end of an open stream does not count as a failure. */
const STEADY_MS = 5_000;
/** Statuses of a server that has no such stream; the specification says 405. */
const NEVER: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * The stream of a server's messages that belong to no request, reopened whenever it ends.
 *
 * **Guarantees** waits at most 30 s between attempts; its failures fail no call.
 */
export class NotificationStream {
  readonly #options: NotificationStreamOptions;
  #running: AbortController | undefined;
  #wasOpen = false;

  constructor(options: NotificationStreamOptions) {
    this.#options = options;
  }

  /** Starts the stream, or restarts it for a new session. */
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
        // The stream was stopped.
        return;
      }
    }
  }

  /**
   * Reads the stream to its end; resolves with true when it is to be reopened, and rejects when it
   * was stopped.
   */
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
      // A new session starts a new stream. A stream that never was open is not doubted: replacing
      // its session would make short-lived sessions in a loop.
      if (this.#wasOpen) this.#options.onMissing();
      return false;
    }
    if (error.status !== undefined && NEVER.has(error.status)) return false;
    // The request that finds its session lost makes a new one, and with it a new stream. An unknown
    // or oversized event would end the next stream as well, so its position is dropped.
    if (error.kind === "unfit" || error.status === 400) position.lastEventId = undefined;
    return true;
  }
}

/**
 * Returns the messages of an event; invalid or oversized data is dropped, because no call waits for
 * it.
 */
async function readable(data: string): Promise<readonly JSONRPCMessage[]> {
  try {
    return (await messagesIn(data)).messages;
  } catch {
    return [];
  }
}
