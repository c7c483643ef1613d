import { setImmediate } from "node:timers/promises";
import { tooLarge } from "./bounded-body.ts";

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

/** The position in a stream, across all the connections it took. */
export interface StreamPosition {
  lastEventId: string | undefined;
  /** Milliseconds that the server asks to wait before the next connection. */
  retryMs: number | undefined;
}

/** Bytes of a line beside its data: the field's name and the space after it. */
const MARGIN_BYTES = 64;
/** The most characters of an id; a longer one could not be sent back in a header. */
const MAX_ID_CHARACTERS = 1_000;
/** Events, and bytes of them, after which the reader yields to other work. */
const MAX_EVENTS_A_TURN = 64;
const MAX_BYTES_A_TURN = 256 * 1024;

/**
 * Yields the server-sent events of a stream that carry data, and keeps the position up to date.
 *
 * This is own code, because the SDK's parser drops the id of an event without data, which a server
 * sends to make a stream resumable, and takes quadratic time when lines end with CR.
 *
 * **Guarantees** linear time, and pauses, so that a flood of events does not block the thread.
 * **Fails with** an {@link HttpRefusal} once one event has more than `maxBytes`, and with the
 * errors of the body.
 */
export async function* eventsOf(
  response: Response,
  maxBytes: number,
  position: StreamPosition,
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  const lines = new LineCutter(maxBytes);
  let event = new EventBuilder(maxBytes);
  let [events, bytes] = [0, 0];
  for await (const chunk of response.body ?? []) {
    for (const line of lines.cut(decoder.decode(chunk, { stream: true }))) {
      if (line !== "") {
        event.add(line, position);
        continue;
      }
      const done = event.end(position);
      event = new EventBuilder(maxBytes);
      events += 1;
      if (done !== undefined) {
        bytes += done.data.length;
        yield done;
      }
      if (events < MAX_EVENTS_A_TURN && bytes < MAX_BYTES_A_TURN) continue;
      [events, bytes] = [0, 0];
      await setImmediate();
    }
  }
}

export function isEventStream({ headers }: Response): boolean {
  return /^\s*text\/event-stream\b/i.test(headers.get("content-type") ?? "");
}

class EventBuilder {
  readonly #maxBytes: number;
  readonly #data: string[] = [];
  #bytes = 0;
  #type = "message";
  #id: string | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(line: string, position: StreamPosition): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#bytes += Buffer.byteLength(value) + (this.#data.length === 0 ? 0 : 1);
      if (this.#bytes > this.#maxBytes) throw tooLarge(this.#bytes, this.#maxBytes);
      this.#data.push(value);
    } else if (field === "event") {
      this.#type = value || "message";
    } else if (field === "id" && !/\p{Cc}/u.test(value)) {
      this.#id = value.length > MAX_ID_CHARACTERS ? "" : value;
    } else if (field === "retry" && /^\d{1,9}$/.test(value)) {
      position.retryMs = Number(value);
    }
  }

  end(position: StreamPosition): StreamEvent | undefined {
    if (this.#id !== undefined) position.lastEventId = this.#id === "" ? undefined : this.#id;
    const data = this.#data.join("\n");
    return data === "" ? undefined : { type: this.#type, data };
  }
}

/** Cuts text at CR, LF and CRLF, wherever its chunks end. */
class LineCutter {
  readonly #maxBytes: number;
  /** Pieces of the unfinished line: joining them once keeps a long line linear. */
  #pieces: string[] = [];
  #bytes = 0;
  #endedWithCr = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *cut(text: string): Generator<string> {
    if (text === "") return;
    let from = this.#endedWithCr && text.startsWith("\n") ? 1 : 0;
    this.#endedWithCr = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = from;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      this.#keep(text.slice(from, end.index));
      const line = this.#pieces.join("");
      this.#pieces = [];
      this.#bytes = 0;
      from = ends.lastIndex;
      yield line;
    }
    this.#keep(text.slice(from));
  }

  #keep(piece: string): void {
    this.#bytes += Buffer.byteLength(piece);
    if (this.#bytes > this.#maxBytes + MARGIN_BYTES) throw tooLarge(this.#bytes, this.#maxBytes);
    this.#pieces.push(piece);
  }
}
