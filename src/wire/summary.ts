import { types } from "node:util";
import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { fieldOf } from "./read-field.ts";
import { isError } from "./realm.ts";
import { isSecretName, REDACTED, withoutSecrets } from "./secrets.ts";

/** Longer texts are cut, so that one of them does not use up a whole summary. */
const LONGEST_TEXT = 400;
const DEEPEST = 8;

/**
 * A small copy of any value, for people to look at: at most about `characters` long as JSON, with
 * what was cut marked by an ellipsis and what looks like a secret replaced.
 */
export function summaryOf(value: unknown, characters: number): Json {
  try {
    return copy(value, { left: characters }, 0);
  } catch (thrown) {
    // A getter or a proxy of somebody else's object threw.
    return `… unreadable: ${clip(fieldOf(thrown, "message") ?? "nobody knows why", 100)}`;
  }
}

interface Room {
  left: number;
}

function copy(value: unknown, room: Room, depth: number): Json {
  room.left -= 2;
  if (room.left <= 0) return "…";
  switch (typeof value) {
    case "string":
      return copyText(value, room);
    case "number":
      room.left -= 6;
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      return depth > DEEPEST ? "…" : copyObject(value, room, depth);
    case "undefined":
      return null;
    case "bigint":
      return copyText(shownBigInt(value), room);
    default:
      return `… a ${typeof value}`;
  }
}

function copyText(text: string, room: Room): string {
  const length = Math.min(LONGEST_TEXT, room.left);
  // Redacted first: half a secret would not be known for one.
  const most = 4 * LONGEST_TEXT;
  const plain = withoutSecrets(clip(text, most));
  // Where little is left of it, its last word may be the half of one.
  const shown = text.length > most && plain.length <= length ? plain.replace(/\S*$/, "") : plain;
  room.left -= Math.min(shown.length, length);
  const cut = shown.length > length || text.length > most;
  return cut ? `${clip(shown, length)}… (${text.length} characters)` : shown;
}

function copyObject(value: object, room: Room, depth: number): Json {
  if (Array.isArray(value)) return copyList(value, room, depth);
  if (isError(value)) return { name: value.name, message: copyText(value.message, room) };
  if (types.isDate(value)) return Number.isNaN(+value) ? "Invalid Date" : value.toISOString();
  if (value instanceof URL || types.isRegExp(value)) return copyText(String(value), room);
  if (types.isSet(value)) return copyList([...value], room, depth);
  const fields: { [name: string]: Json } = {};
  const entries = types.isMap(value) ? [...value] : Object.entries(value);
  for (const [index, [key, field]] of entries.entries()) {
    if (room.left <= 0) {
      fields["…"] = `${entries.length - index} more`;
      break;
    }
    if (field === undefined || typeof field === "function") continue;
    const name = clip(String(key), 100);
    room.left -= name.length + 3;
    fields[name] = isSecretName(name) ? REDACTED : copy(field, room, depth + 1);
  }
  return fields;
}

/** A text of all its digits may take seconds to write. */
function shownBigInt(value: bigint): string {
  const most = 10n ** 100n;
  return value < most && value > -most ? `${value}n` : "… a bigint of more than 100 digits";
}

function copyList(list: readonly unknown[], room: Room, depth: number): Json {
  const items: Json[] = [];
  for (const [index, item] of list.entries()) {
    if (room.left <= 0) {
      items.push(`… ${list.length - index} more`);
      break;
    }
    items.push(copy(item, room, depth + 1));
  }
  return items;
}
