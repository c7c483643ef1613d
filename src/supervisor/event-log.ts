import { EventEmitter } from "eventemitter3";
import { CoppiceError } from "../errors.ts";
import type { Journal } from "../journal/journal.ts";
import { describe } from "../wire/error-codec.ts";
import type { EphemeralType, EventBody, EventType, FactType, RuntimeEvent } from "../wire/event.ts";
import { fieldOf } from "../wire/read-field.ts";
import { EventReader } from "./event-reader.ts";

export type EventListener = (event: RuntimeEvent) => void;

/** Numbers what happened, keeps it in the journal, and tells listeners and readers. */
export class EventLog {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #emitter = new EventEmitter<Record<string, [RuntimeEvent]>>();
  readonly #contained = new WeakMap<EventListener, EventListener>();
  readonly #readers = new Set<EventReader>();
  /** Events that a listener caused while another event was being told. */
  readonly #untold: RuntimeEvent[] = [];
  #telling = false;
  #closed = false;

  constructor(journal: Journal, now: () => number) {
    this.#journal = journal;
    this.#now = now;
  }

  get last(): number {
    return this.#journal.last;
  }

  fact(type: FactType, path: string, body: EventBody): void {
    const seq = this.#journal.last + 1;
    const event = { type, path, at: Math.floor(this.#now()), seq, ...body };
    this.#journal.append(event);
    this.#tell(event);
  }

  /** Tells something that is not kept; nothing is done when nobody listens. */
  ephemeral(type: EphemeralType, path: string, body: EventBody): void {
    if (this.#readers.size === 0 && !this.#heard(type)) return;
    const after = this.#journal.last;
    this.#tell({ type, path, at: Math.floor(this.#now()), after, ...body });
  }

  on(type: EventType | "*", listener: EventListener, once: boolean): void {
    const contained = this.#contained.get(listener) ?? contain(listener);
    this.#contained.set(listener, contained);
    if (once) this.#emitter.once(type, contained);
    else this.#emitter.on(type, contained);
  }

  off(type: EventType | "*", listener: EventListener): void {
    const contained = this.#contained.get(listener);
    if (contained !== undefined) this.#emitter.off(type, contained);
  }

  read(options: {
    readonly since?: number;
    readonly path?: string;
    readonly type?: FactType;
  }): EventReader {
    const { path, type, since = 0 } = options;
    if (!Number.isInteger(since) || since < 0) {
      const message = `events: since must be a whole number of at least 0, not ${since}`;
      throw new CoppiceError("OPTIONS_INVALID", message);
    }
    const reader = new EventReader({
      journal: this.#journal,
      wants: (event) =>
        (type === undefined || event.type === type) &&
        (path === undefined || path === "/" || isBelow(event.path, path)),
      onClose: (closed) => this.#readers.delete(closed),
      ...(options.since === undefined ? {} : { since: options.since }),
    });
    if (this.#closed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }

  /** Ends every reader, those that come later once they have read what there is. */
  close(): void {
    this.#closed = true;
    for (const reader of [...this.#readers]) reader.close();
  }

  #heard(type: string): boolean {
    return this.#emitter.listenerCount(type) + this.#emitter.listenerCount("*") > 0;
  }

  /** One event after the other: what a listener causes is told when all have heard this one. */
  #tell(event: RuntimeEvent): void {
    this.#untold.push(event);
    if (this.#telling) return;
    this.#telling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      this.#emitter.emit(next.type, next);
      this.#emitter.emit("*", next);
      for (const reader of this.#readers) reader.offer(next);
    }
    this.#telling = false;
  }
}

/** True for the path itself and everything below it. */
export function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

/** A listener that throws, now or later, must not end the runtime nor keep others from hearing. */
function contain(listener: EventListener): EventListener {
  return (event) => {
    const warn = (thrown: unknown): void => {
      const said = fieldOf(thrown, "stack") ?? describe(thrown);
      process.emitWarning(`A listener of ${event.type} threw: ${said}`, "CoppiceListenerWarning");
    };
    try {
      const later: unknown = listener(event);
      if (later instanceof Promise) later.catch(warn);
    } catch (thrown) {
      warn(thrown);
    }
  };
}
