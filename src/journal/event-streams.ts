import { CoppiceError } from "../errors.ts";
import type { EventOf, EventType, RuntimeEvent } from "../wire/event.ts";
import type { EventListener, EventLog } from "./event-log.ts";

/** A letter that was not delivered; `path` is its receiver, or `/` when there is no such agent. */
export type DeadLetter = EventOf<"letter.dead">;

/** The events that a slow reader has lost for good. */
export type Gap = EventOf<"gap">;

let logOf: (streams: EventStreams) => EventLog | undefined;

/**
 * Listens to every event of a supervisor without counting as a listener: see
 * {@link EventLog.isHeard}.
 *
 * **Fails with** OPTIONS_INVALID for a value that is not a started supervisor of this package.
 * @returns a function that removes the listener
 */
export function watchEvents(streams: EventStreams, listener: EventListener): () => void {
  const log = logOf(streams);
  if (log !== undefined) return log.watch("*", listener);
  const message =
    "this is no supervisor that has started: pass what Supervisor.start resolves with";
  throw new CoppiceError("OPTIONS_INVALID", message);
}

/** The events of a supervisor, to listen to or to read. */
export abstract class EventStreams {
  readonly #log: EventLog;

  static {
    logOf = (streams) => (#log in Object(streams) ? streams.#log : undefined);
  }

  constructor(log: EventLog) {
    this.#log = log;
  }

  on<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.on(type, listener as EventListener);
    return this;
  }

  once<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.on(type, listener as EventListener, { once: true });
    return this;
  }

  off<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.off(type, listener as EventListener);
    return this;
  }

  /**
   * Reads events: from now on, or from the journal after `since`.
   *
   * **Gotcha** a reader that falls 10,000 events (or 8 MB of them) behind gets one `gap` and
   * continues with the facts that the journal still keeps.
   */
  events(
    options: { readonly since?: number; readonly path?: string } = {},
  ): AsyncIterableIterator<RuntimeEvent> {
    return this.#log.read(options);
  }

  /**
   * Reads dead letters, each with its sender and the reason: from now on, or from the journal after
   * `since`. `stats().deadLetters` counts them.
   *
   * Letters of one sender that one receiver refuses are reported the first time, and then at
   * doubling counts: `count` is the number of letters that the event stands for. After a minute
   * without a refusal the next one is reported as the first again. Letters that were accepted and
   * then lost are reported one by one.
   *
   * **Gotcha** bounded as {@link events} is: a reader that falls behind gets a `gap` too.
   * @example
   * for await (const letter of supervisor.deadLetters()) {
   *   if (letter.type === "letter.dead") console.warn(letter.from, letter.path, letter.reason);
   * }
   */
  deadLetters(options: { readonly since?: number } = {}): AsyncIterableIterator<DeadLetter | Gap> {
    const letters: AsyncIterableIterator<unknown> = this.#log.read({
      ...options,
      type: "letter.dead",
    });
    return letters as AsyncIterableIterator<DeadLetter | Gap>;
  }
}
