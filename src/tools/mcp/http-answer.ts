import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../../wire/clock.ts";
import { bodyOf } from "./bounded-body.ts";
import { eventsOf, isEventStream, type StreamPosition } from "./event-stream.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { isReplyTo, messagesIn, noAnswer, noReply } from "./http-messages.ts";
import { HttpRefusal } from "./http-refusal.ts";
import { pause, reconnectionMs } from "./reconnection.ts";

export interface AnswerReaderOptions {
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  readonly maxBytes: number;
  /** The id of the request. */
  readonly id: RequestId;
  readonly signal: AbortSignal;
  /**
   * Called for each message that arrives with the answer, and last for the answer itself; awaited.
   */
  readonly onMessage: (message: JSONRPCMessage) => Promise<void> | void;
  /** Called when the connection broke; the answer may still arrive over another one. */
  readonly onBroken: (refusal: HttpRefusal) => void;
}

/**
 * Reads the answer of a server to one request, a JSON body or a stream, until its result has
 * arrived.
 *
 * **Guarantees** a stream that ends without the result is resumed after its last event, as often as
 * the server ends it, as long as it can be resumed.
 * **Fails with** a {@link HttpRefusal} as soon as no result can arrive any more, and with the
 * errors of the body.
 */
export class AnswerReader {
  readonly #options: AnswerReaderOptions;
  /** A value that arrived in the place of an answer. */
  #odd: unknown;
  readonly #beginning = (text: string, most: number): string =>
    this.#options.exchange.secrets.beginning(text, most);

  constructor(options: AnswerReaderOptions) {
    this.#options = options;
  }

  async read(response: Response): Promise<void> {
    const { status, headers } = response;
    const type = headers.get("content-type") ?? "";
    if (status === 202 || status === 204) {
      await response.body?.cancel();
      throw new HttpRefusal("unfit", `answered ${status}, which has no result, to a request`);
    }
    if (isEventStream(response)) return this.#readStreams(response);
    const text = await bodyOf(response, this.#options.maxBytes);
    const reason = noAnswer(type, text, this.#beginning);
    if (reason !== undefined) throw reason;
    if (!(await this.#take(text))) throw noReply(this.#odd, this.#beginning);
  }

  async #readStreams(first: Response): Promise<void> {
    const { clock, signal } = this.#options;
    const position: StreamPosition = { lastEventId: undefined, retryMs: undefined };
    let response = first;
    for (let failures = 1; ; failures += 1) {
      const before = position.lastEventId;
      const broken = await this.#readStream(response, position);
      if (broken === undefined) return;
      if (position.lastEventId === undefined) throw broken;
      // A connection that brought an event does not count as a failure.
      if (position.lastEventId !== before) failures = 0;
      await pause(clock, reconnectionMs(failures, position.retryMs), signal);
      response = await this.#resume(position.lastEventId);
    }
  }

  /**
   * Reads one connection; returns undefined once the result has arrived, otherwise how the stream
   * ended.
   */
  async #readStream(
    response: Response,
    position: StreamPosition,
  ): Promise<HttpRefusal | undefined> {
    const { maxBytes, signal, exchange } = this.#options;
    try {
      for await (const { type, data } of eventsOf(response, maxBytes, position)) {
        if (type === "endpoint") throw olderTransport();
        if (type === "message" && (await this.#take(data))) return undefined;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const failed = exchange.failed(error);
      if (failed.kind !== "cut") throw failed;
      if (position.lastEventId !== undefined) this.#options.onBroken(failed);
      return failed;
    }
    const without = "ended the stream of its answer without a result";
    const odd = this.#odd === undefined ? "" : `: ${noReply(this.#odd, this.#beginning).message}`;
    return new HttpRefusal("cut", `${without}${odd}`);
  }

  async #resume(lastEventId: string): Promise<Response> {
    const { exchange, signal } = this.#options;
    try {
      const response = await exchange.listen(lastEventId, signal);
      if (isEventStream(response)) return response;
      await response.body?.cancel();
      throw new HttpRefusal("unfit", "answered with something else");
    } catch (error) {
      if (!(error instanceof HttpRefusal)) throw error;
      const message = `ended the stream of its answer, and did not resume it: it ${error.message}`;
      throw new HttpRefusal("cut", message, error.status, error);
    }
  }

  /** Passes on the messages of a text; returns true when the answer was among them. */
  async #take(text: string): Promise<boolean> {
    const { id, onMessage, exchange } = this.#options;
    const { messages, odd } = await messagesIn(text, exchange.secrets);
    this.#odd ??= odd;
    const replies = messages.filter((message) => isReplyTo(id, message));
    const others = messages.filter((message) => "method" in message);
    for (const message of [...others, ...replies.slice(0, 1)]) {
      await onMessage("method" in message ? message : ({ ...message, id } as JSONRPCMessage));
    }
    return replies.length > 0;
  }
}

export function olderTransport(): HttpRefusal {
  const message =
    "speaks only the older HTTP+SSE transport, which is not spoken here: give the URL of its " +
    "streamable HTTP, which often ends in /mcp";
  return new HttpRefusal("refused", message);
}
