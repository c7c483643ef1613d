import type { Json } from "./json.ts";
import { mayBeSlice } from "./own-text.ts";
import { isMark } from "./value-ref.ts";

/** The measured size of a value. */
export interface Sized {
  /** The fewest bytes of its JSON; measuring stops once they are enough. */
  least: number;
  /** The most bytes of its JSON. */
  most: number;
  /** The approximate bytes of memory that it takes. */
  bytes: number;
  /** True when one of its keys is `$value` or an escape of that. */
  isMarked: boolean;
  /**
   * True when one of its strings may be a slice, which keeps the whole string it was cut from in
   * memory.
   */
  isSliced: boolean;
}

/** Bytes of a string, a list and an object beside their contents, as V8 keeps them. */
const TEXT_BYTES = 24;
const LIST_BYTES = 32;
const OBJECT_BYTES = 56;
/** The most characters of a number in JSON, and of one UTF-16 unit of a string. */
const MAX_NUMBER_LENGTH = 25;
const MAX_UNIT_LENGTH = 6;

type JsonObject = { readonly [key: string]: Json | undefined };

/** Measures a value without serialising it, until it is certain to exceed `enough` bytes. */
export function sizeOf(value: Json | undefined, enough: number): Sized {
  const sized = { least: 0, most: 0, bytes: 0, isMarked: false, isSliced: false };
  look(value, enough, sized);
  return sized;
}

function look(value: Json | undefined, enough: number, sized: Sized): void {
  if (typeof value === "string") {
    sized.least += value.length + 2;
    sized.most += MAX_UNIT_LENGTH * value.length + 2;
    sized.bytes += TEXT_BYTES + value.length;
    if (mayBeSlice(value)) sized.isSliced = true;
  } else if (typeof value !== "object" || value === null) {
    sized.least += 1;
    sized.most += MAX_NUMBER_LENGTH;
    sized.bytes += 8;
  } else if (Array.isArray(value)) {
    sized.least += 2;
    sized.most += 2 + value.length;
    sized.bytes += LIST_BYTES + 8 * value.length;
    for (const item of value) {
      if (sized.least > enough) return;
      look(item, enough, sized);
    }
  } else lookAtFields(value as JsonObject, enough, sized);
}

function lookAtFields(value: JsonObject, enough: number, sized: Sized): void {
  sized.least += 2;
  sized.most += 2;
  sized.bytes += OBJECT_BYTES;
  for (const key in value) {
    if (sized.least > enough) return;
    const field = value[key];
    if (field === undefined) continue;
    sized.least += key.length + 3;
    sized.most += MAX_UNIT_LENGTH * key.length + 4;
    sized.bytes += TEXT_BYTES + key.length + 8;
    if (isMark(key)) sized.isMarked = true;
    look(field, enough, sized);
  }
}
