import { DevalueError, stringify, unflatten } from "devalue";
import type { AnyActorRef } from "xstate";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { MOST_ENCODED_CHARACTERS } from "../wire/machine-state.ts";
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
import { MOST_DIGITS, MOST_VALUES, notKept } from "./kept-value.ts";

const SPARSE = -7;

/** An actor in a text: where it lives, or what is left of it. */
type WrittenRef =
  | { readonly path: ActorPath }
  | { readonly id: string; readonly snapshot: unknown };

/** Stands where an actor was referred to, until there are actors again. */
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

/** Writes what JSON cannot hold as a text. **Fails with** MACHINE_INVALID. */
export function encodeValue(value: unknown, what: string, root: AnyActorRef): string {
  const text = written(value, what, root);
  if (text.length <= MOST_ENCODED_CHARACTERS) return text;
  throw notKept(what, "", `longer than ${MOST_ENCODED_CHARACTERS} characters`);
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

/** A value that was read from a text, before its references lead anywhere. */
export interface DecodedValue {
  readonly value: unknown;
  /** Has its references lead to the actors below `root`. */
  refer(root: AnyActorRef): void;
}

/**
 * Reads a text of {@link encodeValue}, which may have come through anybody's hands.
 *
 * **Guarantees** time and memory in proportion to its length.
 * **Fails with** MACHINE_INVALID for one that nobody has written.
 */
export function decodeValue(text: string): DecodedValue {
  try {
    const flat: unknown = text.length > MOST_ENCODED_CHARACTERS ? undefined : JSON.parse(text);
    examine(flat);
    const value: unknown = unflatten(flat as unknown[], {
      Actor: (ref: WrittenRef) => new Reference(ref),
      Error: keptErrorOf,
    });
    return { value, refer: (root) => referWithin(value, root) };
  } catch (thrown) {
    const told = `The state of the machine cannot be read: ${describe(thrown)}`;
    throw new CoppiceError("MACHINE_INVALID", told, {}, thrown);
  }
}

/** A few characters can say "an array of 2^32 - 1 places", or a number of a million digits. */
function examine(flat: unknown): void {
  if (!Array.isArray(flat)) throw new TypeError("it is no encoded value");
  let left = MOST_VALUES;
  for (const entry of flat) {
    if (!Array.isArray(entry)) continue;
    const [kind, size] = entry as readonly unknown[];
    if (kind === SPARSE) left -= Number(size);
    if (!(left >= 0)) throw new RangeError(`it has arrays of more than ${MOST_VALUES} places`);
    if (kind === "BigInt" && String(size).length > MOST_DIGITS + 1) {
      throw new RangeError(`it has a bigint of more than ${MOST_DIGITS} digits`);
    }
  }
}

/** A list and not a recursion: nobody says how deep it is. */
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
