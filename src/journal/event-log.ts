import { EventEmitter } from "eventemitter3";
import { CoppiceError } from "../errors.ts";
import { didYouMean } from "../wire/did-you-mean.ts";
import { describe } from "../wire/error-codec.ts";
import {
  type BodyOf,
  EPHEMERAL,
  type EphemeralType,
  type EventBody,
  type EventOf,
  type EventType,
  FACTS,
  type FactType,
  type RuntimeEvent,
} from "../wire/event.ts";
import { fieldOf } from "../wire/read-field.ts";
import { isThenable } from "../wire/realm.ts";
import { valueKind } from "../wire/value-kind.ts";
import { EventReader } from "./event-reader.ts";
import type { JournaledEvent } from "./journal.ts";
import type { MemoryJournal } from "./memory.ts";
import type { Releases } from "./releases.ts";
import type { Retention } from "./retention.ts";
import { heldByEvent, storedBody } from "./stored-body.ts";
import type { ValueStore } from "./value-store.ts";

const EVENT_TYPES: ReadonlySet<string> = new Set([...FACTS, ...EPHEMERAL]);

export type EventListener = (event: RuntimeEvent) => void;

export interface ListenerOptions {
  /** True to remove the listener with its first event. Default false. */
  readonly once?: boolean;
  /** False for a listener that changes nothing, for which no step need wait. Default true. */
  readonly acts?: boolean;
}

/** The parts that an event log is made of. */
export interface EventLogOptions {
  readonly journal: MemoryJournal;
  readonly values: ValueStore;
  readonly retention: Retention;
  readonly wall: () => number;
  readonly releases: Releases;
}

/** Numbers events, keeps facts in the journal, and passes all events to listeners and readers. */
export class EventLog {
  readonly values: ValueStore;
  readonly retention: Retention;
  readonly #journal: MemoryJournal;
  readonly #wall: () => number;
  readonly #emitter = new EventEmitter<Record<string, [RuntimeEvent]>>();
  readonly #contained = new WeakMap<EventListener, EventListener>();
  readonly #readers = new Set<EventReader>();
  /** Listeners of the runtime itself and logs; {@link isHeard} does not count them. */
  readonly #own = new Set<EventListener>();
  readonly #releases: Releases;
  /** Listeners that change nothing. */
  readonly #passive = new WeakSet<EventListener>();
  /** True once there was a listener. */
  #hasListeners = false;
  #mayBeActedOn = false;
  #closed = false;

  constructor({ journal, values, retention, wall, releases }: EventLogOptions) {
    this.#releases = releases;
    this.#journal = journal;
    this.values = values;
    this.retention = retention;
    this.#wall = wall;
  }

  get last(): number {
    return this.#journal.last;
  }

  fact<Type extends FactType>(type: Type, path: string, said: BodyOf<Type>): void {
    this.keep(type, path, said);
  }

  /** Keeps a fact and passes it on; returns the event as it is kept. */
  keep<Type extends FactType>(type: Type, path: string, said: BodyOf<Type>): EventOf<Type> {
    const { body, bytes } = storedBody(type, said as EventBody, this.values);
    const seq = this.#journal.last + 1;
    const event = { ...body, type, path, at: Math.floor(this.#wall()), seq } as EventOf<Type>;
    this.#journal.append(event as JournaledEvent, bytes);
    this.#tell(event, bytes);
    this.retention.trim();
    return event;
  }

  /** Passes on an event that is not kept; does nothing when there is no listener or reader. */
  ephemeral<Type extends EphemeralType>(type: Type, path: string, body: BodyOf<Type>): void {
    if (this.#readers.size === 0 && !this.#heard(type)) return;
    const after = this.#journal.last;
    const said = body as EventBody;
    const event = { type, path, at: Math.floor(this.#wall()), after, ...said } as EventOf<Type>;
    this.#tell(event, this.#readers.size === 0 ? 0 : heldByEvent(said));
  }

  /** Returns the newest facts still kept, oldest first. */
  newest(limit: number): readonly RuntimeEvent[] {
    return this.#journal.read(Math.max(0, this.#journal.last - limit), limit);
  }

  on(
    type: EventType | "*",
    listener: EventListener,
    { once = false, acts = true }: ListenerOptions = {},
  ): void {
    checkListening(type, listener, once ? "once" : "on");
    const contained = this.#contained.get(listener) ?? contain(listener);
    this.#contained.set(listener, contained);
    this.#add(contained, acts);
    if (once) this.#emitter.once(type, contained);
    else this.#emitter.on(type, contained);
  }

  /**
   * Adds a listener of the runtime itself, or a log, which {@link isHeard} does not count.
   *
   * @param acts as in {@link ListenerOptions}
   * @returns a function that removes it
   */
  watch(type: EventType | "*", listener: EventListener, acts = true): () => void {
    const contained = contain(listener);
    this.#own.add(contained);
    this.#add(contained, acts);
    this.#emitter.on(type, contained);
    return () => {
      this.#own.delete(contained);
      this.#emitter.off(type, contained);
    };
  }

  off(type: EventType | "*", listener: EventListener): void {
    checkListening(type, listener, "off");
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
      const message = `events: since must be a whole number of at least 0, not ${valueKind(since)}`;
      throw new CoppiceError("OPTIONS_INVALID", message);
    }
    const reader = new EventReader({
      journal: this.#journal,
      wants: (event) =>
        (type === undefined || event.type === type) &&
        (path === undefined || path === "/" || isBelow(event.path, path)),
      wall: this.#wall,
      onClose: (closed) => this.#readers.delete(closed),
      ...(options.since === undefined ? {} : { since: options.since }),
    });
    if (this.#closed) reader.close();
    else this.#readers.add(reader);
    return reader;
  }

  /** True when a listener or reader outside the runtime would receive such an event. */
  isHeard(type: EventType, path: string): boolean {
    const isSomebody = (listener: EventListener): boolean => !this.#own.has(listener);
    const probe = { type, path, at: 0, seq: 0 } as RuntimeEvent;
    return (
      this.#emitter.listeners(type).some(isSomebody) ||
      this.#emitter.listeners("*").some(isSomebody) ||
      [...this.#readers].some((reader) => reader.wants(probe))
    );
  }

  /** True when a listener could change something right after a step that it hears of. */
  get mayBeActedOn(): boolean {
    if (!this.#mayBeActedOn) return false;
    const acts = (listener: EventListener): boolean => !this.#passive.has(listener);
    // Asked again, because nobody reports when a listener for one event is gone.
    this.#mayBeActedOn = this.#emitter.eventNames().some((type) => {
      return this.#emitter.listeners(type).some(acts);
    });
    return this.#mayBeActedOn;
  }

  /** Ends every reader; a reader made later ends after the events that are already kept. */
  close(): void {
    this.#closed = true;
    for (const reader of [...this.#readers]) reader.close();
  }

  #add(listener: EventListener, acts: boolean): void {
    this.#hasListeners = true;
    if (acts) this.#mayBeActedOn = true;
    else this.#passive.add(listener);
  }

  #heard(type: string): boolean {
    return this.#emitter.listenerCount(type) + this.#emitter.listenerCount("*") > 0;
  }

  /**
   * Passes an event on after the current step; events that a listener causes follow once all
   * listeners have received this one.
   */
  #tell(event: RuntimeEvent, bytes: number): void {
    // Only an effect that runs before it could add a listener that hears it.
    const isHeard = this.#hasListeners || this.#readers.size > 0;
    if (!isHeard && this.#releases.isEmpty) return;
    this.#releases.add(() => {
      this.#emitter.emit(event.type, event);
      this.#emitter.emit("*", event);
      for (const reader of this.#readers) reader.offer(event, bytes);
    });
  }
}

/**
 * Throws OPTIONS_INVALID for an unknown event name, which plain JavaScript can pass: it would never
 * be emitted.
 */
function checkListening(type: unknown, listener: unknown, what: string): void {
  if (typeof listener !== "function") {
    const message = `${what}: the listener must be a function, not ${valueKind(listener)}`;
    throw new CoppiceError("OPTIONS_INVALID", message);
  }
  if (typeof type === "string" && (type === "*" || EVENT_TYPES.has(type))) return;
  const meant = typeof type === "string" ? didYouMean(type, EVENT_TYPES) : "";
  throw new CoppiceError("OPTIONS_INVALID", `${what}: ${valueKind(type)} is no event${meant}`);
}

/** True for the path itself and everything below it. */
export function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

/** Wraps a listener: one that throws or rejects emits a warning, and the others still run. */
function contain(listener: EventListener): EventListener {
  return (event) => {
    const warn = (thrown: unknown): void => {
      const said = fieldOf(thrown, "stack") ?? describe(thrown);
      process.emitWarning(`A listener of ${event.type} threw: ${said}`, "CoppiceListenerWarning");
    };
    try {
      const later: unknown = listener(event);
      if (isThenable(later)) Promise.resolve(later).catch(warn);
    } catch (thrown) {
      warn(thrown);
    }
  };
}
