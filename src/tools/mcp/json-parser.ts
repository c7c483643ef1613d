import { setField } from "../../wire/json-bound.ts";
import { COLON, COMMA, ESCAPE, LIST, LIST_END, OBJECT, OBJECT_END, QUOTE } from "./json-codes.ts";

/** Values, and characters of a string, that are read in one step. */
const STEP_VALUES = 256;
const STEP_CHARACTERS = 64 * 1024;
/** The most characters of a number: a longer one is refused without reading it to its end. */
const MAX_SCALAR_CHARACTERS = 1_000;

const LETTER_U = 117;

/** The most characters, or bytes, of a text that is parsed in one go. */
export const SHORT_TEXT = 64 * 1024;

type Container = unknown[] | Record<string, unknown>;

/**
 * Parses a JSON text in short steps, each of them a `yield`; a short text is parsed in one go.
 * `JSON.parse` blocks the thread to the last character: for half a second on 10 MB of distinct
 * keys.
 *
 * **Guarantees** the same value as `JSON.parse`, which parses its strings and numbers; nesting
 * costs no stack.
 * **Fails with** a `SyntaxError` for a text that is not JSON.
 */
export function* readJson(text: string): Generator<undefined, unknown> {
  return text.length > SHORT_TEXT ? yield* parseInSteps(text) : JSON.parse(text);
}

/** Parses a JSON text in steps, however short it is. */
export function* parseInSteps(text: string): Generator<undefined, unknown> {
  return yield* new JsonParser(text).read();
}

class JsonParser {
  readonly #text: string;
  #at = 0;
  /** The open containers, and for objects the key of the value being read. */
  readonly #open: { readonly container: Container; key: string }[] = [];
  #value: unknown;

  constructor(text: string) {
    this.#text = text;
  }

  *read(): Generator<undefined, unknown> {
    for (let values = 1; ; values += 1) {
      if (values % STEP_VALUES === 0) yield;
      if (!(yield* this.#begin())) continue;
      if (yield* this.#end()) return this.#value;
    }
  }

  /** Reads a value; returns false when it opened a container that is not empty. */
  *#begin(): Generator<undefined, boolean> {
    const code = this.#next();
    if (code === QUOTE) this.#value = yield* this.#string();
    else if (code === OBJECT || code === LIST) {
      this.#at += 1;
      const isList = code === LIST;
      const container: Container = isList ? [] : {};
      if (this.#next() !== (isList ? LIST_END : OBJECT_END)) {
        this.#open.push({ container, key: isList ? "" : yield* this.#key() });
        return false;
      }
      this.#at += 1;
      this.#value = container;
    } else this.#value = this.#scalar();
    return true;
  }

  /** Stores the value in its container; returns true at the end of the text. */
  *#end(): Generator<undefined, boolean> {
    for (let closed = 1; ; closed += 1) {
      if (closed % STEP_VALUES === 0) yield;
      const parent = this.#open.at(-1);
      const code = this.#next();
      if (parent === undefined) {
        if (this.#at < this.#text.length) throw this.#wrong();
        return true;
      }
      const { container, key } = parent;
      const isList = Array.isArray(container);
      if (isList) container.push(this.#value);
      else setField(container, key, this.#value);
      this.#at += 1;
      if (code === COMMA) {
        if (!isList) parent.key = yield* this.#key();
        return false;
      }
      if (code !== (isList ? LIST_END : OBJECT_END)) throw this.#wrong();
      this.#value = container;
      this.#open.pop();
    }
  }

  *#key(): Generator<undefined, string> {
    if (this.#next() !== QUOTE) throw this.#wrong();
    const key = yield* this.#string();
    if (this.#next() !== COLON) throw this.#wrong();
    this.#at += 1;
    return key;
  }

  *#string(): Generator<undefined, string> {
    const text = this.#text;
    let from = this.#at + 1;
    let at = from;
    const pieces: string[] = [];
    for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
      if (at >= text.length) throw this.#wrong();
      if (code !== ESCAPE) at += 1;
      else at += text.charCodeAt(at + 1) === LETTER_U ? 6 : 2;
      if (at - from < STEP_CHARACTERS) continue;
      pieces.push(JSON.parse(`"${text.slice(from, at)}"`) as string);
      from = at;
      yield;
    }
    // Parsed by itself, a string does not keep the whole line in memory.
    const last = JSON.parse(`"${text.slice(from, at)}"`) as string;
    this.#at = at + 1;
    return pieces.length === 0 ? last : pieces.join("") + last;
  }

  #scalar(): unknown {
    const from = this.#at;
    const end = Math.min(this.#text.length, from + MAX_SCALAR_CHARACTERS);
    while (this.#at < end && !endsScalar(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return JSON.parse(this.#text.slice(from, this.#at));
  }

  /** Returns the next character that is not white space, without consuming it. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 32 || code === 10 || code === 13 || code === 9) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #wrong(): SyntaxError {
    return new SyntaxError(`it is no JSON at character ${this.#at}`);
  }
}

function endsScalar(code: number): boolean {
  return code <= 32 || code === COMMA || code === LIST_END || code === OBJECT_END;
}
