import { shorten } from "../wire/clip.ts";
import type { EventBody, EventType } from "../wire/event.ts";
import type { Json } from "../wire/json.ts";
import { sizeOf } from "../wire/json-size.ts";
import { mayBeSlice, ownText } from "../wire/own-text.ts";
import type { Standing, ValueStore } from "./value-store.ts";

/** Of each type of event, the fields that are values of agents, tools and people. */
const VALUES: { readonly [Type in EventType]?: readonly string[] } = {
  "agent.state": ["state"],
  "agent.emitted": ["event"],
  "tool.requested": ["input"],
  "tool.finished": ["result"],
  "approval.requested": ["input"],
  "approval.decided": ["answer", "result"],
  "letter.dead": ["message"],
};

/** Of the fields that are of our own making and have values in them: which of theirs are values. */
const PARTS: { readonly [field: string]: readonly string[] } = {
  outcome: ["output", "partial"],
  error: ["details"],
};
/** Names that are shared by all events which have them. */
const OURS: ReadonlySet<string> = new Set(["path", "callId", "tool", "model", "code"]);
const NONE: readonly string[] = [];

/** Of names, reasons and messages an event has so much, in characters. */
const MOST_TEXT = 16_384;
/** Of an event and each of its fields beside what is in them, as V8 keeps them. */
const HELD_BY_EVENT = 150;
const HELD_BY_FIELD = 8;
const HELD_BY_TEXT = 24;

/** What an event says as it is kept: large values by reference, and texts cut where they are. */
export interface StandingBody {
  readonly body: EventBody;
  /** About what the event holds in memory. */
  readonly bytes: number;
}

export function standingBody(type: EventType, said: EventBody, store: ValueStore): StandingBody {
  const { value, bytes } = standingFields(said, VALUES[type] ?? NONE, store);
  return { body: value as EventBody, bytes: HELD_BY_EVENT + bytes };
}

/** About what an event holds in memory that says this. */
export function heldByEvent(said: EventBody): number {
  return HELD_BY_EVENT + sizeOf(said as Json, Number.POSITIVE_INFINITY).held;
}

function standingFields(said: EventBody, values: readonly string[], store: ValueStore): Standing {
  const standing = { ...said };
  let held = 0;
  for (const field in said) {
    const given = said[field];
    held += HELD_BY_FIELD;
    if (isBare(field, given)) {
      if (typeof given === "string") held += HELD_BY_TEXT + given.length;
      continue;
    }
    const { value, bytes } = values.includes(field)
      ? store.stand(given as Json)
      : standingField(field, given as Json, store);
    // Also where it reads the same: it may be a copy, and what was given a slice.
    standing[field] = value;
    held += bytes;
  }
  return { value: standing as Json, bytes: held };
}

/** It stands as it is: it is not long, and holds on to nothing but what others hold as well. */
function isBare(field: string, given: Json | undefined): boolean {
  if (typeof given === "string") return !mayBeSlice(given) || OURS.has(field);
  return typeof given !== "object" || given === null;
}

function standingField(field: string, given: Json, store: ValueStore): Standing {
  if (typeof given === "string") {
    const value = ownText(shorten(given, MOST_TEXT));
    return { value, bytes: HELD_BY_TEXT + value.length };
  }
  const parts = PARTS[field];
  if (parts === undefined || Array.isArray(given)) return store.stand(given);
  return standingFields(given as EventBody, parts, store);
}
