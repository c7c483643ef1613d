import type { Journal } from "../journal/journal.ts";
import type { RuntimeEvent } from "../wire/event.ts";

/** Events that wait for a slow reader before it is told of a gap. */
export const READER_BOUND = 10_000;

/**
 * One reader of the events: buffered to a bound, told of what it missed, never a brake.
 *
 * A reader that falls behind loses its buffer, gets one `gap` event, and reads on from what the
 * journal still holds; ephemeral events in the gap are lost.
 */
export class EventReader implements AsyncIterableIterator<RuntimeEvent> {
  readonly wants: (event: RuntimeEvent) => boolean;
  readonly #journal: Journal;
  readonly #onClose: (reader: EventReader) => void;
  #buffer: RuntimeEvent[] = [];
  #head = 0;
  #seen: number;
  #behind = false;
  #missed = false;
  #closed = false;
  #wakes: (() => void)[] = [];

  constructor(options: {
    readonly journal: Journal;
    readonly since?: number;
    readonly wants: (event: RuntimeEvent) => boolean;
    readonly onClose: (reader: EventReader) => void;
  }) {
    this.#journal = options.journal;
    this.wants = options.wants;
    this.#onClose = options.onClose;
    this.#seen = options.since ?? options.journal.last;
    this.#behind = options.since !== undefined;
  }

  /** Offers an event; it waits here until it is asked for. */
  offer(event: RuntimeEvent): void {
    if (this.#behind || this.#closed) return this.#ring();
    if (!this.wants(event)) return;
    if (this.#buffer.length - this.#head >= READER_BOUND) {
      this.#buffer = [];
      this.#head = 0;
      this.#behind = true;
      this.#missed = true;
    } else this.#buffer.push(event);
    this.#ring();
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

  /** Ends the reading, as leaving a `for await` loop does. */
  async return(): Promise<IteratorResult<RuntimeEvent>> {
    this.#buffer = [];
    this.#head = 0;
    this.#behind = false;
    this.close();
    return { value: undefined, done: true };
  }

  /** No further event will come; what waits can still be read. */
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
    this.#head += 1;
    if (this.#head === this.#buffer.length) {
      this.#buffer = [];
      this.#head = 0;
    }
    if (event.seq !== undefined) this.#seen = event.seq;
    return event;
  }

  /** Says once that something was missed, then refills from what the journal still holds. */
  #catchUp(): RuntimeEvent | undefined {
    const forgotten = Math.max(0, this.#journal.first - 1 - this.#seen);
    if (this.#missed || (this.#behind && forgotten > 0)) {
      this.#missed = false;
      this.#seen += forgotten;
      return { type: "gap", path: "/", at: Date.now(), after: this.#seen, forgotten };
    }
    while (this.#behind) {
      const facts = this.#journal.read(this.#seen, READER_BOUND);
      this.#seen = facts.at(-1)?.seq ?? this.#seen;
      this.#behind = this.#seen < this.#journal.last;
      this.#buffer = facts.filter(this.wants);
      if (this.#buffer.length > 0) return this.#take();
    }
    return undefined;
  }

  #ring(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
