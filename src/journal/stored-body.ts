import { shorten } from "../wire/clip.ts";
import type { EventBody, EventType } from "../wire/event.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { mayBeSlice, ownText } from "../wire/own-text.ts";
import type { StoredValue, ValueStore } from "./value-store.ts";

/** The fields of each event type that contain values of agents, tools and people. */
const VALUES: { readonly [Type in EventType]?: readonly string[] } = {
  "agent.state": ["state"],
  "agent.emitted": ["event"],
  "tool.requested": ["input"],
  "tool.finished": ["result"],
  "approval.requested": ["input"],
  "approval.decided": ["answer", "result"],
  "letter.dead": ["message"],
};

/** Runtime fields that contain such values, and the parts of them that do. */
const PARTS: { readonly [field: string]: readonly string[] } = {
  outcome: ["output", "partial"],
  error: ["details"],
};
/** Fields whose strings are shared by all events that have them. */
const OURS: ReadonlySet<string> = new Set(["path", "callId", "tool", "model", "code"]);
const NONE: readonly string[] = [];

/** The most characters of a name, a reason or a message in an event. */
const MAX_TEXT = 16_384;
/** Bytes of an event, of each field and of each text beside their contents, as V8 keeps them. */
const EVENT_BYTES = 150;
const FIELD_BYTES = 8;
const TEXT_BYTES = 24;

/** The body of an event as it is kept: large values are references, and long texts are cut. */
export interface StoredBody {
  readonly body: EventBody;
  /** The approximate bytes of memory that the event takes. */
  readonly bytes: number;
}

export function storedBody(type: EventType, said: EventBody, store: ValueStore): StoredBody {
  const { value, bytes } = storedFields(said, VALUES[type] ?? NONE, store);
  return { body: value as EventBody, bytes: EVENT_BYTES + bytes };
}

/** Returns the approximate bytes of memory of an event with this body. */
export function heldByEvent(said: EventBody): number {
  return EVENT_BYTES + sizeOf(said as Json, Number.POSITIVE_INFINITY).bytes;
}

function storedFields(said: EventBody, values: readonly string[], store: ValueStore): StoredValue {
  let stored = said as { [field: string]: Json | undefined };
  let total = 0;
  for (const field in said) {
    const given = said[field];
    total += FIELD_BYTES;
    if (isBare(field, given)) {
      if (typeof given === "string") total += TEXT_BYTES + given.length;
      continue;
    }
    const { value, bytes } = values.includes(field)
      ? store.stand(given as Json)
      : storedField(field, given as Json, store);
    total += bytes;
    // An equal string may be a copy where `given` was a slice.
    if (value === given && typeof value !== "string") continue;
    if (stored === said) stored = { ...said };
    stored[field] = value;
  }
  return { value: stored as Json, bytes: total };
}

/**
 * True when a field is kept unchanged: not an object, and not a string that may keep a longer one
 * in memory.
 */
function isBare(field: string, given: Json | undefined): boolean {
  if (typeof given === "string") return !mayBeSlice(given) || OURS.has(field);
  return typeof given !== "object" || given === null;
}

function storedField(field: string, given: Json, store: ValueStore): StoredValue {
  if (typeof given === "string") {
    const value = ownText(shorten(given, MAX_TEXT));
    return { value, bytes: TEXT_BYTES + value.length };
  }
  const parts = PARTS[field];
  if (parts === undefined || Array.isArray(given)) return store.stand(given);
  // A copy: the same object is given to others, who do not expect a listener to change it.
  return storedFields({ ...(given as EventBody) }, parts, store);
}
