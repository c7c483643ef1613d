import type { Json } from "./json.ts";
import { mayBeSlice } from "./own-text.ts";
import { isMark } from "./value-ref.ts";

/** What a look at a value tells of it. */
export interface Sized {
  /** Its JSON has at least so many bytes; once that is enough, no further look is taken. */
  least: number;
  /** And at most so many. */
  most: number;
  /** About how many bytes of memory it holds. */
  held: number;
  /** One of its keys is `$value` or an escape of that. */
  isMarked: boolean;
  /** One of its texts may be a slice, which holds on to all that it was cut from. */
  isSliced: boolean;
}

/** Of a text, a list and an object beside what is in them, as V8 keeps them. */
const HELD_BY_TEXT = 24;
const HELD_BY_LIST = 32;
const HELD_BY_OBJECT = 56;
/** The longest that JSON writes a number, and one UTF-16 unit of a text. */
const LONGEST_NUMBER = 25;
const LONGEST_UNIT = 6;

type JsonObject = { readonly [key: string]: Json | undefined };

/** Looks at a value without writing it out, until it is certain to be over `enough` bytes. */
export function sizeOf(value: Json | undefined, enough: number): Sized {
  const sized = { least: 0, most: 0, held: 0, isMarked: false, isSliced: false };
  look(value, enough, sized);
  return sized;
}

function look(value: Json | undefined, enough: number, sized: Sized): void {
  if (typeof value === "string") {
    sized.least += value.length + 2;
    sized.most += LONGEST_UNIT * value.length + 2;
    sized.held += HELD_BY_TEXT + value.length;
    if (mayBeSlice(value)) sized.isSliced = true;
  } else if (typeof value !== "object" || value === null) {
    sized.least += 1;
    sized.most += LONGEST_NUMBER;
    sized.held += 8;
  } else if (Array.isArray(value)) {
    sized.least += 2;
    sized.most += 2 + value.length;
    sized.held += HELD_BY_LIST + 8 * value.length;
    for (const item of value) {
      if (sized.least > enough) return;
      look(item, enough, sized);
    }
  } else lookAtFields(value as JsonObject, enough, sized);
}

function lookAtFields(value: JsonObject, enough: number, sized: Sized): void {
  sized.least += 2;
  sized.most += 2;
  sized.held += HELD_BY_OBJECT;
  for (const key in value) {
    if (sized.least > enough) return;
    const field = value[key];
    if (field === undefined) continue;
    sized.least += key.length + 3;
    sized.most += LONGEST_UNIT * key.length + 4;
    sized.held += HELD_BY_TEXT + key.length + 8;
    if (isMark(key)) sized.isMarked = true;
    look(field, enough, sized);
  }
}
