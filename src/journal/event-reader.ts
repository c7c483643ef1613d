import type { RuntimeEvent } from "../wire/event.ts";
import type { Journal } from "./journal.ts";

/** The most events that wait for a slow reader before it gets a gap. */
export const MAX_READER_EVENTS = 10_000;
/** The most bytes of memory of events that wait for a slow reader. */
export const MAX_READER_BYTES = 8 * 1024 * 1024;
/** The number of read events at which they are removed from the buffer. */
const SWEPT_AT = 1_024;

/**
 * One reader of the events: it has a bounded buffer, and never slows the runtime down.
 *
 * A reader that falls behind loses its buffer, gets one `gap` event, and continues with the facts
 * that the journal still keeps; ephemeral events in the gap are lost.
 */
export class EventReader implements AsyncIterableIterator<RuntimeEvent> {
  readonly wants: (event: RuntimeEvent) => boolean;
  readonly #journal: Journal;
  readonly #wall: () => number;
  readonly #onClose: (reader: EventReader) => void;
  #buffer: RuntimeEvent[] = [];
  #sizes: number[] = [];
  #bytes = 0;
  #head = 0;
  /** The `seq` of the last fact that was buffered or passed over. */
  #seen: number;
  /** The `seq` of the last fact that was read from the journal. */
  #readTo = 0;
  #behind = false;
  #missed = false;
  #closed = false;
  #wakes: (() => void)[] = [];

  constructor(options: {
    readonly journal: Journal;
    readonly since?: number;
    readonly wants: (event: RuntimeEvent) => boolean;
    /** Returns the wall-clock time in milliseconds. */
    readonly wall: () => number;
    readonly onClose: (reader: EventReader) => void;
  }) {
    this.#journal = options.journal;
    this.wants = options.wants;
    this.#wall = options.wall;
    this.#onClose = options.onClose;
    this.#seen = options.since ?? options.journal.last;
    this.#behind = options.since !== undefined;
  }

  /** Buffers an event of about so many bytes until the reader takes it. */
  offer(event: RuntimeEvent, bytes: number): void {
    // An event that is passed on late may have been read from the journal already.
    if (event.seq !== undefined && event.seq <= this.#readTo) return;
    if (this.#behind || this.#closed) return this.#ring();
    if (this.wants(event)) {
      const waiting = this.#buffer.length - this.#head;
      const isLarge = waiting > 0 && this.#bytes + bytes > MAX_READER_BYTES;
      if (waiting >= MAX_READER_EVENTS || isLarge) return this.#fallBehind();
      this.#buffer.push(event);
      this.#sizes.push(bytes);
      this.#bytes += bytes;
      this.#ring();
    }
    if (event.seq !== undefined) this.#seen = event.seq;
  }

  async next(): Promise<IteratorResult<RuntimeEvent>> {
    for (;;) {
      const event = this.#take() ?? this.#catchUp();
      if (event !== undefined) return { value: event, done: false };
      if (this.#closed) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wakes.push(resolve);
      });
    }
  }

  /** Ends the reader, as leaving a `for await` loop does. */
  async return(): Promise<IteratorResult<RuntimeEvent>> {
    this.#empty();
    this.#behind = false;
    this.close();
    return { value: undefined, done: true };
  }

  /** Closes the reader to further events; buffered events can still be read. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(this);
    this.#ring();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): RuntimeEvent | undefined {
    const event = this.#buffer[this.#head];
    if (event === undefined) return undefined;
    this.#bytes -= this.#sizes[this.#head] ?? 0;
    this.#head += 1;
    if (this.#head === this.#buffer.length) this.#empty();
    else if (this.#head >= SWEPT_AT) {
      // Removed here too, because a reader that never empties its buffer would keep every event it
      // read.
      this.#buffer = this.#buffer.slice(this.#head);
      this.#sizes = this.#sizes.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  /** Drops the buffer; its facts are read again from the journal, as far as they are still kept. */
  #fallBehind(): void {
    const unread = this.#buffer.slice(this.#head).find(({ seq }) => seq !== undefined);
    if (unread?.seq !== undefined) this.#seen = unread.seq - 1;
    this.#empty();
    this.#behind = true;
    this.#missed = true;
    this.#ring();
  }

  #empty(): void {
    this.#buffer = [];
    this.#sizes = [];
    this.#bytes = 0;
    this.#head = 0;
  }

  /** Returns one `gap` when events were missed; otherwise refills the buffer from the journal. */
  #catchUp(): RuntimeEvent | undefined {
    const forgotten = Math.max(0, this.#journal.first - 1 - this.#seen);
    if (this.#missed || (this.#behind && forgotten > 0)) {
      this.#missed = false;
      this.#seen += forgotten;
      return { type: "gap", path: "/", at: Math.floor(this.#wall()), after: this.#seen, forgotten };
    }
    while (this.#behind) {
      const facts = this.#journal.read(this.#seen, MAX_READER_EVENTS);
      this.#seen = facts.at(-1)?.seq ?? this.#seen;
      this.#readTo = this.#seen;
      this.#behind = this.#seen < this.#journal.last;
      this.#buffer = facts.filter(this.wants);
      this.#sizes = this.#buffer.map(() => 0);
      if (this.#buffer.length > 0) return this.#take();
    }
    return undefined;
  }

  #ring(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
