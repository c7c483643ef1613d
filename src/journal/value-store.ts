import { createHash } from "node:crypto";
import { clip } from "../wire/clip.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { OldestFirst } from "../wire/oldest-first.ts";
import { ownText } from "../wire/own-text.ts";
import { escaped, isValueRef, unescaped, type ValueRef } from "../wire/value-ref.ts";
import type { Shelf } from "./retention.ts";

/** The most bytes of JSON of a value that is kept inline; a larger value is kept by reference. */
export const LARGE_VALUE_BYTES = 16_384;
/** Characters of a value that its reference shows. */
const MAX_HEAD_CHARACTERS = 1_024;
/** Bytes that a stored value takes beside its contents. */
const OVERHEAD_BYTES = 400;

interface Kept {
  /** The bytes of a string as it is, or of any other value as JSON. */
  readonly bytes: Buffer;
  readonly isText: boolean;
  age: number;
  /** The number of living owners that may still need it. */
  pins: number;
}

/** A value in its stored form: itself, or a reference. */
export interface StoredValue {
  readonly value: Json;
  /** The approximate bytes of memory that the stored form takes. */
  readonly bytes: number;
}

/**
 * Large values, each kept once under the hash of its JSON, or for a string of `text:` and the
 * string; events contain references to them.
 *
 * **Guarantees** a value is kept for as long as anything kept refers to it: its age is that of the
 * newest reference. A stored form is either a reference or a value, and the two are never confused:
 * a value's own keys `$value` are escaped.
 */
export class ValueStore implements Shelf {
  readonly #mostBytes: number;
  readonly #age: () => number;
  /** Values by hash, oldest first. */
  readonly #values = new OldestFirst<string, Kept>();
  readonly #pinned = new Map<string, Kept>();
  bytes = 0;

  /** @param mostBytes the largest value that is kept at all */
  constructor(mostBytes: number, age: () => number) {
    this.#mostBytes = mostBytes;
    this.#age = age;
  }

  get oldest(): number {
    const { oldest } = this.#values;
    if (oldest === undefined) return Number.POSITIVE_INFINITY;
    return (this.#values.get(oldest) as Kept).age;
  }

  dropOldest(): void {
    const { oldest } = this.#values;
    const dropped = oldest === undefined ? undefined : this.#values.take(oldest);
    if (dropped !== undefined) this.bytes -= dropped.bytes.length + OVERHEAD_BYTES;
  }

  /**
   * Returns the stored form of a value: a large one is put into this store, a small one stays
   * inline.
   */
  stand(value: Json): StoredValue {
    const { least, most, bytes, isMarked, isSliced } = sizeOf(value, LARGE_VALUE_BYTES);
    if (most > LARGE_VALUE_BYTES) {
      // Most large values are strings: serialising them as JSON would dominate the cost.
      const isText = typeof value === "string" && least > LARGE_VALUE_BYTES && value.isWellFormed();
      const text = isText ? value : JSON.stringify(value);
      if (least > LARGE_VALUE_BYTES || Buffer.byteLength(text) > LARGE_VALUE_BYTES) {
        const head = ownText(clip(typeof value === "string" ? value : text, MAX_HEAD_CHARACTERS));
        const ref = this.#put(Buffer.from(text), isText, head);
        return { value: ref, bytes: OVERHEAD_BYTES + head.length };
      }
    }
    const own = isSliced ? (JSON.parse(JSON.stringify(value)) as Json) : value;
    return { value: isMarked ? escaped(own) : own, bytes };
  }

  /**
   * Returns the value of a stored form; undefined when it refers to a value that is no longer kept.
   */
  read(stored: Json): Json | undefined {
    if (isValueRef(stored)) return this.value(stored.$value);
    return sizeOf(stored, Number.POSITIVE_INFINITY).isMarked ? unescaped(stored) : stored;
  }

  /** Returns the value of a hash; undefined when it is unknown or no longer kept. */
  value(key: string): Json | undefined {
    const kept = this.#values.get(key) ?? this.#pinned.get(key);
    if (kept === undefined) return undefined;
    const text = kept.bytes.toString();
    return kept.isText ? text : (JSON.parse(text) as Json);
  }

  has({ $value }: ValueRef): boolean {
    return this.#values.has($value) || this.#pinned.has($value);
  }

  /** Keeps a value regardless of its age until `unpin` is called as often as `pin`. */
  pin({ $value }: ValueRef): void {
    const kept = this.#values.get($value) ?? this.#pinned.get($value);
    if (kept === undefined) return;
    kept.pins += 1;
    this.#values.take($value);
    this.#pinned.set($value, kept);
  }

  /** Removes one pin; after the last one the value is as old as a value stored now. */
  unpin({ $value }: ValueRef): void {
    const kept = this.#pinned.get($value);
    if (kept === undefined) return;
    kept.pins -= 1;
    if (kept.pins > 0) return;
    this.#pinned.delete($value);
    kept.age = this.#age();
    this.#values.set($value, kept);
  }

  #put(given: Buffer, isText: boolean, head: string): ValueRef {
    // The prefix keeps strings apart from JSON: no JSON begins with it.
    const hash = createHash("sha256").update(isText ? "text:" : "");
    const $value = hash.update(given).digest("hex");
    const ref = { $value, bytes: given.length, head };
    if (this.#pinned.has($value) || given.length > this.#mostBytes) return ref;
    const kept = this.#values.get($value);
    if (kept === undefined) this.bytes += given.length + OVERHEAD_BYTES;
    const { bytes } = kept ?? { bytes: given };
    this.#values.take($value);
    this.#values.set($value, { bytes, isText, age: this.#age(), pins: 0 });
    return ref;
  }
}
