import { createHash } from "node:crypto";
import { clip } from "../wire/clip.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { ownText } from "../wire/own-text.ts";
import { escaped, isValueRef, unescaped, type ValueRef } from "../wire/value-ref.ts";
import type { Shelf } from "./retention.ts";

/** A value whose JSON has more bytes stands as a reference wherever it is kept. */
export const LARGE_VALUE_BYTES = 16_384;
/** How much of it a reference shows, in characters. */
const HEAD_CHARACTERS = 1_024;
/** What keeping one costs beside its bytes. */
const OVERHEAD_BYTES = 400;

interface Kept {
  /** A text as it is, anything else as JSON. */
  readonly bytes: Buffer;
  readonly isText: boolean;
  age: number;
  /** How many of those that live may yet need it. */
  pins: number;
}

/** A value as it stands among what is kept. */
export interface Standing {
  readonly value: Json;
  /** About how many bytes of memory it holds there. */
  readonly bytes: number;
}

/**
 * Large values, each kept once under the hash of its JSON, or of `text:` and itself; elsewhere a
 * reference stands for it.
 *
 * **Guarantees** a value is there for as long as anything that is kept refers to it: it is as old
 * as the newest of those. What stands somewhere is a reference or somebody's value, never to be
 * taken for each other: keys of theirs that are `$value` are escaped.
 */
export class ValueStore implements Shelf {
  readonly #mostBytes: number;
  readonly #age: () => number;
  /** By hash, the oldest first. */
  readonly #values = new Map<string, Kept>();
  readonly #pinned = new Map<string, Kept>();
  bytes = 0;

  /** @param mostBytes the largest that is kept at all */
  constructor(mostBytes: number, age: () => number) {
    this.#mostBytes = mostBytes;
    this.#age = age;
  }

  get oldest(): number {
    for (const { age } of this.#values.values()) return age;
    return Number.POSITIVE_INFINITY;
  }

  dropOldest(): void {
    for (const [key, { bytes }] of this.#values) {
      this.#values.delete(key);
      this.bytes -= bytes.length + OVERHEAD_BYTES;
      return;
    }
  }

  /** How a value stands among what is kept: a large one is put here, a small one as it is. */
  stand(value: Json): Standing {
    const { least, most, held, isMarked, isSliced } = sizeOf(value, LARGE_VALUE_BYTES);
    if (most > LARGE_VALUE_BYTES) {
      // Most large values are texts: to write out their JSON takes longer than all the rest.
      const isText = typeof value === "string" && least > LARGE_VALUE_BYTES && value.isWellFormed();
      const text = isText ? value : JSON.stringify(value);
      if (least > LARGE_VALUE_BYTES || Buffer.byteLength(text) > LARGE_VALUE_BYTES) {
        const head = ownText(clip(typeof value === "string" ? value : text, HEAD_CHARACTERS));
        const ref = this.#put(Buffer.from(text), isText, head);
        return { value: ref, bytes: OVERHEAD_BYTES + head.length };
      }
    }
    const own = isSliced ? (JSON.parse(JSON.stringify(value)) as Json) : value;
    return { value: isMarked ? escaped(own) : own, bytes: held };
  }

  /** What stands there; undefined where it is a reference to what is kept no longer. */
  read(standing: Json): Json | undefined {
    if (isValueRef(standing)) return this.value(standing.$value);
    return sizeOf(standing, Number.POSITIVE_INFINITY).isMarked ? unescaped(standing) : standing;
  }

  /** The value of a hash, or undefined where none is kept, or no longer. */
  value(key: string): Json | undefined {
    const kept = this.#values.get(key) ?? this.#pinned.get(key);
    if (kept === undefined) return undefined;
    const text = kept.bytes.toString();
    return kept.isText ? text : (JSON.parse(text) as Json);
  }

  has({ $value }: ValueRef): boolean {
    return this.#values.has($value) || this.#pinned.has($value);
  }

  /** Keeps it, however old it is, until it is unpinned as often. */
  pin({ $value }: ValueRef): void {
    const kept = this.#values.get($value) ?? this.#pinned.get($value);
    if (kept === undefined) return;
    kept.pins += 1;
    this.#values.delete($value);
    this.#pinned.set($value, kept);
  }

  /** It is as old as what is unpinned now. */
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
    // No JSON begins like this.
    const hash = createHash("sha256").update(isText ? "text:" : "");
    const $value = hash.update(given).digest("hex");
    const ref = { $value, bytes: given.length, head };
    if (this.#pinned.has($value) || given.length > this.#mostBytes) return ref;
    const kept = this.#values.get($value);
    if (kept === undefined) this.bytes += given.length + OVERHEAD_BYTES;
    const { bytes } = kept ?? { bytes: given };
    this.#values.delete($value);
    this.#values.set($value, { bytes, isText, age: this.#age(), pins: 0 });
    return ref;
  }
}
