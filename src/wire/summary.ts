import { types } from "node:util";
import { clip } from "./clip.ts";
import type { Json } from "./json.ts";
import { fieldOf } from "./read-field.ts";
import { isError } from "./realm.ts";
import { isSecretName, REDACTED, withoutSecrets } from "./secrets.ts";

/** The most characters of one text, so that it does not use up a whole summary. */
const MAX_TEXT_LENGTH = 400;
const MAX_LEVELS = 8;

/**
 * Returns a small copy of any value for people: about `characters` long as JSON at most, with an
 * ellipsis where something was cut, and without anything that looks like a secret.
 */
export function summaryOf(value: unknown, characters: number): Json {
  try {
    return copy(value, { left: characters }, 0);
  } catch (thrown) {
    // A getter or a proxy threw.
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
      return depth > MAX_LEVELS ? "…" : copyObject(value, room, depth);
    case "undefined":
      return null;
    case "bigint":
      return copyText(shownBigInt(value), room);
    default:
      return `… a ${typeof value}`;
  }
}

function copyText(text: string, room: Room): string {
  const length = Math.min(MAX_TEXT_LENGTH, room.left);
  // Redacted before it is cut: half of a secret would not be recognised.
  const most = 4 * MAX_TEXT_LENGTH;
  const plain = withoutSecrets(clip(text, most));
  // When redaction leaves little, the last word may be half of a secret.
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

/** Formats a bigint of at most 100 digits: all digits of a larger one may take seconds. */
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
