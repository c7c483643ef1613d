import { COLON, COMMA, ESCAPE, LIST, LIST_END, OBJECT, OBJECT_END, QUOTE } from "./json-codes.ts";

/** The id and kind of a message in a text that was not kept. */
export interface SkimmedMessage {
  /** The id of the request it answers, or its own; undefined when it has none. */
  readonly id: string | number | undefined;
  /** True when it has a `method`: a request or a notification, not an answer. */
  readonly isCall: boolean;
}

/** The most messages of one text that are noted; further ones are read but not noted. */
const MAX_MESSAGES = 1_000;
/** The most characters of an id or key; this client uses none that is longer. */
const MAX_CHARACTERS = 200;

/** The most values of a server's JSON, over any connection; more are refused unparsed. */
const MAX_VALUES = 250_000;
/**
 * The most keys of one object: a larger one blocks the thread while it grows, and whenever its keys
 * are read.
 */
const MAX_KEYS = 50_000;
/**
 * The most levels of a text. Readers of parts of a message have tighter bounds: one deep tool must
 * not cost all others.
 */
const MAX_LEVELS = 10_000;

/**
 * Scans a JSON text chunk by chunk and keeps only its figures and the ids of its JSON-RPC messages,
 * wherever the id is in a message.
 *
 * **Guarantees** never throws, whatever the text is; takes time in proportion to each chunk.
 * **Gotcha** it does not check that the text is JSON: the figures of any other text mean nothing.
 */
export class JsonSkimmer {
  #values = 0;
  #depth = 0;
  #deepest = 0;
  /** The number of keys of the open object at each level, and the most of any object. */
  readonly #keys: number[] = [];
  #mostKeys = 0;
  #inString = false;
  #isEscaped = false;
  #inScalar = false;
  /** The level of the members of messages: 1, or 2 when the text is a list of messages. */
  #messageLevel = 1;
  readonly #messages: { id: string | number | undefined; isCall: boolean }[] = [];
  /** The message whose members are being read, and the position within a member. */
  #message: { id: string | number | undefined; isCall: boolean } | undefined;
  #isKey = false;
  #key = "";
  /** The text of the key or value being read, if it is needed. */
  #kept: string | undefined;

  /** Returns the number of values: objects, lists, strings, numbers, `true`, `false` and `null`. */
  get values(): number {
    return this.#values;
  }

  /** Returns the deepest nesting of objects and lists. */
  get depth(): number {
    return this.#deepest;
  }

  /** Returns the number of keys of the largest object. */
  get keys(): number {
    return this.#mostKeys;
  }

  /** Returns why the text must not be parsed; undefined when it may be. */
  get excess(): string | undefined {
    if (this.#values > MAX_VALUES) return `has more than ${MAX_VALUES} JSON values`;
    if (this.#mostKeys > MAX_KEYS) return `has an object of more than ${MAX_KEYS} keys`;
    return this.#deepest > MAX_LEVELS ? `nests over ${MAX_LEVELS} levels` : undefined;
  }

  /** Returns the message, or those of a list of messages; at most 1,000. */
  get messages(): readonly SkimmedMessage[] {
    return this.#messages;
  }

  /** Takes the next chunk of the text, cut anywhere. */
  feed(text: string): void {
    let at = 0;
    while (at < text.length) {
      at = this.#inString ? this.#readString(text, at) : this.#readRest(text, at);
    }
  }

  /** Reads up to and including the quote that ends the string. */
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

  /** Reads up to and including the quote that begins the next string. */
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
      // The string before the colon was a key, not a value.
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
    if (this.#messages.length < MAX_MESSAGES) this.#messages.push(this.#message);
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
    if (this.#kept === undefined || this.#kept.length > MAX_CHARACTERS) return;
    this.#kept += text.slice(from, Math.min(to, from + MAX_CHARACTERS + 1));
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
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
