import type { EventOf, EventType, RuntimeEvent } from "../wire/event.ts";
import type { EventListener, EventLog } from "./event-log.ts";

/** A message that reached nobody; `path` is whom it was for, `/` where there is no such agent. */
export type DeadLetter = EventOf<"letter.dead"> & { readonly type: "letter.dead" };

/** What a slow reader missed for good. */
export type Gap = EventOf<"gap"> & { readonly type: "gap" };

/** What happens, to listen to or to read. */
export abstract class EventStreams {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  on<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.on(type, listener as EventListener, false);
    return this;
  }

  once<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.on(type, listener as EventListener, true);
    return this;
  }

  off<Type extends EventType | "*">(type: Type, listener: (event: EventOf<Type>) => void): this {
    this.#log.off(type, listener as EventListener);
    return this;
  }

  /**
   * Reads events: from now on, or after `since` from the journal.
   *
   * **Gotcha** a reader that falls 10,000 events behind gets one `gap` and reads on from what the
   * journal still holds.
   */
  events(
    options: { readonly since?: number; readonly path?: string } = {},
  ): AsyncIterableIterator<RuntimeEvent> {
    return this.#log.read(options);
  }

  /**
   * Reads the messages that reached nobody, each with its sender and the reason: from now on, or
   * after `since` from the journal. `stats().deadLetters` counts them.
   *
   * What is refused to one sender by one receiver is told the first time, and then at doubling
   * counts: `count` says for how many letters that one stands. A minute without one, and the next
   * is the first again. Letters that were accepted and then lost are told one by one.
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
