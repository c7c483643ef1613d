import { setImmediate } from "node:timers/promises";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage, JSONRPCRequest, RequestId } from "@modelcontextprotocol/sdk/types.js";
import type { Clock } from "../../wire/clock.ts";
import { isError } from "../../wire/realm.ts";
import { eventsOf, isEventStream } from "./event-stream.ts";
import { AnswerReader, olderTransport } from "./http-answer.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { HttpRefusal } from "./http-refusal.ts";
import { NotificationStream } from "./notification-stream.ts";

export interface HttpTransportOptions {
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Returns true for a request that may be sent again after its answer broke off. */
  readonly mayRepeat: (request: JSONRPCRequest) => boolean;
}

type Deliver = (message: JSONRPCMessage) => void;

/** Milliseconds for a server to take a notification or make a session; `PROBE_MS` for a probe. */
const PATIENCE_MS = 10_000;
const PROBE_MS = 2_000;
/** The most requests of the server that are answered at once; it is not read meanwhile. */
const MAX_REPLIES = 8;
/** Unsolicited messages after which the transport yields to other work. */
const MAX_MESSAGES_A_TURN = 64;
/** Statuses with which a server of the older transport may answer the first request. */
const MAY_BE_OLDER: ReadonlySet<number> = new Set([400, 404, 405]);
const SUSPECTED = "ping";

/**
 * The client side of streamable HTTP, as a transport for the SDK's client.
 *
 * The SDK's own transport lets a call wait for its whole time-out when its answer breaks off, reads
 * without bound, gives up its streams, forgets their positions, and never makes a new session.
 *
 * **Guarantees** `send` of a request settles with its answer, and rejects with a
 * {@link HttpRefusal} as soon as none can arrive. A request is sent a second time only when it did
 * not run or `mayRepeat` allows it, and never a third time. Requests that find their session
 * forgotten share one new session. After `close` nothing runs.
 */
export class HttpTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #options: HttpTransportOptions;
  readonly #notifications: NotificationStream;
  /** Requests under way by id, those of the transport itself by an object, so that they can end. */
  readonly #running = new Map<RequestId | object, AbortController>();
  #initialize: JSONRPCRequest | undefined;
  #renewing: Promise<void> | undefined;
  #own = 0;
  #received = 0;
  #replies = 0;
  #replied = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    const { exchange, clock, maxBytes } = options;
    this.#notifications = new NotificationStream({
      exchange,
      clock,
      maxBytes,
      onMessage: (message) => this.#receive(message),
      onReopened: () => this.#listAgain(),
      onBroken: (refusal) => this.onerror?.(refusal),
      onMissing: () => void this.#suspect(),
    });
  }

  async start(): Promise<void> {
    // There is nothing to open: each request opens its own connection.
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) throw new Error("closed");
    if ("method" in message && "id" in message) return this.#request(message);
    if (!("method" in message)) return this.#reply(message);
    try {
      await this.#tell(message);
    } finally {
      if (message.method === "notifications/cancelled") this.#abandon(message.params?.requestId);
    }
    if (message.method === "notifications/initialized") this.#notifications.start();
  }

  setProtocolVersion(version: string): void {
    this.#options.exchange.protocolVersion = version;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#notifications.stop();
    for (const controller of this.#running.values()) controller.abort(new Error("closed"));
    this.onclose?.();
  }

  async #request(message: JSONRPCRequest): Promise<void> {
    if (message.method === "initialize") this.#initialize = message;
    const deliver: Deliver = (reply) => this.onmessage?.(reply);
    try {
      await this.#run(message.id, (signal) => this.#ask(message, signal, deliver));
    } catch (error) {
      if (error instanceof HttpRefusal && error.isDoubt) this.onerror?.(error);
      throw error;
    }
  }

  /** Sends a request, and repeats it once where that is allowed. */
  async #ask(message: JSONRPCRequest, signal: AbortSignal, deliver: Deliver): Promise<void> {
    const { exchange, mayRepeat } = this.#options;
    for (let isRepeated = false; ; isRepeated = true) {
      await this.#renewing;
      const { sessionId } = exchange;
      try {
        return await this.#answer(message, signal, deliver);
      } catch (error) {
        if (signal.aborted) throw error;
        const refusal = exchange.failed(error);
        if (isRepeated) throw refusal;
        const isForgotten = refusal.kind === "forgotten" || wasForgotten(refusal);
        const mayRun = refusal.kind !== "cut" || mayRepeat(message);
        if (isForgotten && mayRun) await this.#renew(sessionId);
        else if (refusal.kind !== "cut" || !mayRun) throw refusal;
      }
    }
  }

  async #answer(message: JSONRPCRequest, signal: AbortSignal, deliver: Deliver): Promise<void> {
    const { exchange, clock, maxBytes } = this.#options;
    const { id } = message;
    const isFirst = message.method === "initialize";
    const response = await this.#post(message, signal);
    if (isFirst) exchange.sessionId = response.headers.get("mcp-session-id") ?? undefined;
    const onMessage = (one: JSONRPCMessage): Promise<void> | void =>
      "method" in one ? this.#receive(one) : deliver(one);
    const onBroken = (refusal: HttpRefusal): void => this.onerror?.(refusal);
    const options = { exchange, clock, maxBytes, id, signal, onMessage, onBroken };
    await new AnswerReader(options).read(response);
  }

  async #post(message: JSONRPCRequest, signal: AbortSignal): Promise<Response> {
    const { exchange } = this.#options;
    const isFirst = message.method === "initialize";
    try {
      return await exchange.post({ body: JSON.stringify(message), signal, isFirst });
    } catch (error) {
      const status = error instanceof HttpRefusal ? error.status : undefined;
      if (isFirst && status !== undefined && MAY_BE_OLDER.has(status)) {
        if (await this.#isOlder()) throw olderTransport();
      }
      throw error;
    }
  }

  async #isOlder(): Promise<boolean> {
    const { exchange } = this.#options;
    const probe = async (signal: AbortSignal): Promise<boolean> => {
      const response = await exchange.listen(undefined, signal);
      const position = { lastEventId: undefined, retryMs: undefined };
      if (isEventStream(response)) {
        for await (const { type } of eventsOf(response, 4_096, position)) {
          return type === "endpoint";
        }
      }
      await response.body?.cancel();
      return false;
    };
    return this.#run({}, probe, PROBE_MS).catch(() => false);
  }

  /** Sends a notification, or an answer to a request of the server. */
  async #tell(message: JSONRPCMessage): Promise<void> {
    const { exchange } = this.#options;
    await this.#run(
      {},
      async (signal) => {
        const response = await exchange.post({ body: JSON.stringify(message), signal });
        await response.body?.cancel();
      },
      PATIENCE_MS,
    );
  }

  async #reply(message: JSONRPCMessage): Promise<void> {
    this.#replies += 1;
    try {
      await this.#tell(message);
    } finally {
      this.#replies -= 1;
      this.#replied.resolve();
      this.#replied = Promise.withResolvers();
    }
  }

  /** Passes on an unsolicited message; requests of the server wait for answers to earlier ones. */
  async #receive(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed || !("method" in message)) return;
    // The SDK would report the progress of a call that is over as an error, with the whole message.
    const { progressToken: call } = message.params ?? {};
    if (call === undefined || this.#running.has(call as RequestId)) this.onmessage?.(message);
    this.#received += 1;
    const isRequest = "id" in message;
    if (isRequest || this.#received % MAX_MESSAGES_A_TURN === 0) await setImmediate();
    if (!isRequest) return;
    while (this.#replies >= MAX_REPLIES) await this.#replied.promise;
  }

  /** Makes a new session in the place of a lost one, once for all requests that found it lost. */
  #renew(gone: string | undefined): Promise<void> {
    if (this.#options.exchange.sessionId !== gone) return Promise.resolve();
    this.#renewing ??= this.#shakeHands().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #shakeHands(): Promise<void> {
    const { exchange } = this.#options;
    const first = this.#initialize;
    if (first === undefined) throw new HttpRefusal("forgotten", "has no session");
    const answer = await this.#demand({ method: first.method, params: first.params });
    const result = "result" in answer ? answer.result : undefined;
    if (result?.protocolVersion !== exchange.protocolVersion) {
      exchange.sessionId = undefined;
      const message = "has forgotten our session, and makes no new one that is like it";
      throw new HttpRefusal("refused", message);
    }
    await this.#tell({ jsonrpc: "2.0", method: "notifications/initialized" });
    this.#notifications.start();
    this.#listAgain();
  }

  /** Sends a request of the transport itself, which the SDK does not see. */
  async #demand(request: Pick<JSONRPCRequest, "method" | "params">): Promise<JSONRPCMessage> {
    this.#own += 1;
    const message: JSONRPCRequest = { jsonrpc: "2.0", id: `own-${this.#own}`, ...request };
    const reply = Promise.withResolvers<JSONRPCMessage>();
    const ask = (signal: AbortSignal): Promise<void> =>
      request.method === SUSPECTED
        ? this.#ask(message, signal, reply.resolve)
        : this.#answer(message, signal, reply.resolve);
    await this.#run({}, ask, PATIENCE_MS);
    return reply.promise;
  }

  /** Pings, to find out whether the session still exists; a lost session is replaced on the way. */
  async #suspect(): Promise<void> {
    try {
      await this.#demand({ method: SUSPECTED });
    } catch (error) {
      if (!this.#isClosed && isError(error)) this.onerror?.(error);
    }
  }

  /** Announces changed tools, because the server's own notification may have been lost. */
  #listAgain(): void {
    this.onmessage?.({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
  }

  async #run<Result>(
    key: RequestId | object,
    work: (signal: AbortSignal) => Promise<Result>,
    withinMs?: number,
  ): Promise<Result> {
    const { clock, exchange } = this.#options;
    const controller = new AbortController();
    this.#running.set(key, controller);
    const late = (): void =>
      controller.abort(new HttpRefusal("cut", `did not answer in ${withinMs} ms`));
    const timer = withinMs === undefined ? undefined : clock.setTimeout(late, withinMs);
    try {
      return await work(controller.signal);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : exchange.failed(error);
    } finally {
      clock.clearTimeout(timer);
      this.#running.delete(key);
    }
  }

  /** Ends a request whose caller no longer waits for it. */
  #abandon(id: unknown): void {
    if (typeof id !== "string" && typeof id !== "number") return;
    this.#running.get(id)?.abort(new Error("cancelled"));
  }
}

/** True for a call whose stream could not be resumed because its session was gone. */
function wasForgotten({ cause }: HttpRefusal): boolean {
  return cause instanceof HttpRefusal && cause.kind === "forgotten";
}
