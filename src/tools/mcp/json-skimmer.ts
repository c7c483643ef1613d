import { COLON, COMMA, ESCAPE, LIST, LIST_END, OBJECT, OBJECT_END, QUOTE } from "./json-codes.ts";

/** What is known of one message of a text that was not kept. */
export interface SkimmedMessage {
  /** Of the request that it answers, or its own; undefined where it has none. */
  readonly id: string | number | undefined;
  /** It has a `method`: a request or a notification, not an answer. */
  readonly isCall: boolean;
}

/** Of one text: more are read over, and nobody could wait for so many. */
const MOST_MESSAGES = 1_000;
/** A longer id or key of a message is none that this client knows. */
const MOST_CHARACTERS = 200;

/** More than this of a server's JSON is refused unread, over whichever connection it comes. */
const MOST_VALUES = 250_000;
/** Of one object: a larger one holds the thread while it grows, and whenever its keys are read. */
const MOST_KEYS = 50_000;
/** What reads parts of a message has tighter bounds: one deep tool must not cost all the others. */
const MOST_LEVELS = 10_000;

/**
 * Looks through a JSON text piece by piece and keeps nothing of it but its figures and the ids of
 * the JSON-RPC messages in it, wherever in a message its id stands.
 *
 * **Guarantees** never throws, whatever the text is; takes time in proportion to each piece.
 * **Gotcha** it does not check that the text is JSON: what is none gets figures that mean nothing.
 */
export class JsonSkimmer {
  #values = 0;
  #depth = 0;
  #deepest = 0;
  /** Keys of the object that is open at each level, and the most of any object. */
  readonly #keys: number[] = [];
  #mostKeys = 0;
  #inString = false;
  #isEscaped = false;
  #inScalar = false;
  /** The level of the members of messages: 1, or 2 where the text is a list of messages. */
  #messageLevel = 1;
  readonly #messages: { id: string | number | undefined; isCall: boolean }[] = [];
  /** The message whose members are read now, and where in a member. */
  #message: { id: string | number | undefined; isCall: boolean } | undefined;
  #isKey = false;
  #key = "";
  /** The text of the key or value that is read now, where it matters. */
  #kept: string | undefined;

  /** How many values there are: objects, lists, texts, numbers, `true`, `false` and `null`. */
  get values(): number {
    return this.#values;
  }

  /** How many objects and lists stand within each other at most. */
  get depth(): number {
    return this.#deepest;
  }

  /** How many keys the largest object has. */
  get keys(): number {
    return this.#mostKeys;
  }

  /** Why nobody should parse the text; undefined where it may be. */
  get excess(): string | undefined {
    if (this.#values > MOST_VALUES) return `has more than ${MOST_VALUES} JSON values`;
    if (this.#mostKeys > MOST_KEYS) return `has an object of more than ${MOST_KEYS} keys`;
    return this.#deepest > MOST_LEVELS ? `nests over ${MOST_LEVELS} levels` : undefined;
  }

  /** One, or those of a list of messages; at most 1,000. */
  get messages(): readonly SkimmedMessage[] {
    return this.#messages;
  }

  /** Takes the next piece of the text, cut anywhere. */
  feed(text: string): void {
    let at = 0;
    while (at < text.length) {
      at = this.#inString ? this.#readString(text, at) : this.#readRest(text, at);
    }
  }

  /** Up to and with the quote that ends the string. */
  #readString(text: string, from: number): number {
    let at = from;
    let ended = false;
    for (; at < text.length && !ended; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === ESCAPE) this.#isEscaped = true;
      else ended = code === QUOTE;
    }
    this.#keep(text, from, at);
    if (ended) {
      this.#inString = false;
      this.#endValue();
    }
    return at;
  }

  /** Up to and with the quote that begins the next string. */
  #readRest(text: string, from: number): number {
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#inString = true;
        this.#values += 1;
        this.#beginValue(text, at);
        return at + 1;
      }
      if (isSign(code)) this.#readSign(code);
      else if (code > 32) {
        if (!this.#inScalar) this.#values += 1;
        if (!this.#inScalar) this.#beginValue();
        this.#inScalar = true;
        this.#keep(text, at, at + 1);
      } else if (this.#inScalar) this.#endScalar();
    }
    return text.length;
  }

  #readSign(code: number): void {
    if (this.#inScalar) this.#endScalar();
    if (code === OBJECT || code === LIST) this.#open(code);
    else if (code === OBJECT_END || code === LIST_END) this.#close();
    else if (code === COLON) {
      // The string before it was a key and no value.
      this.#values -= 1;
      this.#noteKey();
      if (this.#isMember) this.#isKey = false;
    } else if (code === COMMA && this.#isMember) this.#isKey = true;
  }

  #noteKey(): void {
    const keys = (this.#keys[this.#depth] ?? 0) + 1;
    this.#keys[this.#depth] = keys;
    if (keys > this.#mostKeys) this.#mostKeys = keys;
  }

  #open(code: number): void {
    this.#values += 1;
    this.#depth += 1;
    this.#keys[this.#depth] = 0;
    this.#deepest = Math.max(this.#deepest, this.#depth);
    if (this.#values === 1 && code === LIST) this.#messageLevel = 2;
    if (this.#depth !== this.#messageLevel || code !== OBJECT) return;
    this.#message = { id: undefined, isCall: false };
    if (this.#messages.length < MOST_MESSAGES) this.#messages.push(this.#message);
    this.#isKey = true;
  }

  #close(): void {
    if (this.#depth === this.#messageLevel) this.#message = undefined;
    this.#depth -= 1;
  }

  get #isMember(): boolean {
    return this.#message !== undefined && this.#depth === this.#messageLevel;
  }

  #beginValue(text = "", at = 0): void {
    const matters = this.#isMember && (this.#isKey || this.#key === "id");
    this.#kept = matters ? text.slice(at, at + 1) : undefined;
  }

  #keep(text: string, from: number, to: number): void {
    if (this.#kept === undefined || this.#kept.length > MOST_CHARACTERS) return;
    this.#kept += text.slice(from, Math.min(to, from + MOST_CHARACTERS + 1));
  }

  #endScalar(): void {
    this.#inScalar = false;
    this.#endValue();
  }

  #endValue(): void {
    const kept = this.#kept === undefined ? undefined : parsed(this.#kept);
    const message = this.#message;
    const matters = this.#kept !== undefined && message !== undefined;
    this.#kept = undefined;
    if (!matters) return;
    if (this.#isKey) {
      this.#key = typeof kept === "string" ? kept : "";
      if (this.#key === "method") message.isCall = true;
    } else message.id = typeof kept === "string" || typeof kept === "number" ? kept : undefined;
  }
}

function isSign(code: number): boolean {
  switch (code) {
    case COMMA:
    case COLON:
    case LIST:
    case LIST_END:
    case OBJECT:
    case OBJECT_END:
      return true;
    default:
      return false;
  }
}

function parsed(text: string): unknown {
  if (text.length > MOST_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
