import { DevalueError, stringify, unflatten } from "devalue";
import type { AnyActorRef } from "xstate";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { MAX_ENCODED_CHARACTERS } from "../wire/machine-state.ts";
import { isError } from "../wire/realm.ts";
import {
  type ActorPath,
  actorPathOf,
  endedActor,
  findActor,
  isActorRef,
  lastSnapshotOf,
} from "./actor-refs.ts";
import { keptError, keptErrorOf } from "./kept-error.ts";
import { MAX_DIGITS, MAX_VALUES, notKept } from "./kept-value.ts";

const SPARSE = -7;

/** An actor in an encoded value: its path, or the last snapshot of an actor that has ended. */
type WrittenRef =
  | { readonly path: ActorPath }
  | { readonly id: string; readonly snapshot: unknown };

/** A placeholder for an actor reference, used until the actors exist again. */
class Reference {
  readonly #written: WrittenRef;

  constructor(written: WrittenRef) {
    this.#written = written;
  }

  resolve(root: AnyActorRef): AnyActorRef | undefined {
    const written = this.#written;
    if ("path" in written) return findActor(root, written.path);
    return endedActor(written.id, written.snapshot);
  }
}

/** Encodes a value that JSON cannot represent. **Fails with** MACHINE_INVALID. */
export function encodeValue(value: unknown, what: string, root: AnyActorRef): string {
  const text = written(value, what, root);
  if (text.length <= MAX_ENCODED_CHARACTERS) return text;
  throw notKept(what, "", `longer than ${MAX_ENCODED_CHARACTERS} characters`);
}

function written(value: unknown, what: string, root: AnyActorRef): string {
  try {
    return stringify(value, {
      Actor: (ref: unknown) => isActorRef(ref) && writeRef(ref, root),
      Error: (error: unknown) => isError(error) && keptError(error),
    });
  } catch (thrown) {
    if (!(thrown instanceof DevalueError)) throw thrown;
    throw notKept(what, thrown.path, `nothing that can be written (${thrown.message})`);
  }
}

function writeRef(ref: AnyActorRef, root: AnyActorRef): WrittenRef {
  const path = actorPathOf(root, ref);
  return path === undefined ? { id: ref.id, snapshot: lastSnapshotOf(ref) } : { path };
}

/** A decoded value, whose references are placeholders at first. */
export interface DecodedValue {
  readonly value: unknown;
  /** Replaces the placeholders by the actors below `root`. */
  refer(root: AnyActorRef): void;
}

/**
 * Decodes a text of {@link encodeValue}. The text is not trusted.
 *
 * **Guarantees** time and memory in proportion to its length.
 * **Fails with** MACHINE_INVALID for a malformed text.
 */
export function decodeValue(text: string): DecodedValue {
  try {
    const flat: unknown = text.length > MAX_ENCODED_CHARACTERS ? undefined : JSON.parse(text);
    examine(flat);
    const value: unknown = unflatten(flat as unknown[], {
      Actor: (ref: WrittenRef) => new Reference(ref),
      Error: keptErrorOf,
    });
    return { value, refer: (root) => referWithin(value, root) };
  } catch (thrown) {
    const message = `The state of the machine cannot be read: ${describe(thrown)}`;
    throw new CoppiceError("MACHINE_INVALID", message, {}, thrown);
  }
}

/**
 * Refuses texts that are costly to decode: a few characters can declare an array of 2^32 - 1
 * elements, and a bigint may have a million digits.
 */
function examine(flat: unknown): void {
  if (!Array.isArray(flat)) throw new TypeError("it is no encoded value");
  let left = MAX_VALUES;
  for (const entry of flat) {
    if (!Array.isArray(entry)) continue;
    const [kind, size] = entry as readonly unknown[];
    if (kind === SPARSE) left -= Number(size);
    if (!(left >= 0)) throw new RangeError(`it has arrays of more than ${MAX_VALUES} places`);
    if (kind === "BigInt" && String(size).length > MAX_DIGITS + 1) {
      throw new RangeError(`it has a bigint of more than ${MAX_DIGITS} digits`);
    }
  }
}

/**
 * Replaces the placeholders in a value. Iterative, because the depth of the value is not bounded.
 */
function referWithin(value: unknown, root: AnyActorRef): void {
  const seen = new Set<unknown>();
  const open: unknown[] = [value];
  const resolve = (part: unknown): unknown => {
    if (part instanceof Reference) return part.resolve(root);
    if (typeof part === "object" && part !== null && !seen.has(part)) open.push(part);
    return part;
  };
  while (open.length > 0) {
    const part = open.pop() as object;
    if (seen.has(part)) continue;
    seen.add(part);
    if (part instanceof Map) {
      const entries = [...part].map(([key, item]) => [resolve(key), resolve(item)] as const);
      part.clear();
      for (const [key, item] of entries) part.set(key, item);
    } else if (part instanceof Set) {
      const items = [...part].map(resolve);
      part.clear();
      for (const item of items) part.add(item);
    } else if (!ArrayBuffer.isView(part)) {
      for (const [key, item] of Object.entries(part)) {
        const resolved = resolve(item);
        if (resolved !== item) (part as Record<string, unknown>)[key] = resolved;
      }
    }
  }
}
