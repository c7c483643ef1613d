import { shorten } from "../../wire/clip.ts";
import type { Json } from "../../wire/json.ts";
import { refusalOf } from "../../wire/json-bound.ts";
import { wellFormed } from "../../wire/well-formed.ts";

/** A value of a server's in a sentence: as it is where it is text, else as JSON; never long. */
export function quoted(value: unknown, most: number): string {
  if (typeof value === "string") return shorten(value, most).toWellFormed();
  const refusal = refusalOf(value, { values: most, bytes: most * 4, depth: 20 });
  if (refusal !== undefined) return `something that is not shown: it ${refusal.reason}`;
  return shorten(JSON.stringify(wellFormed(value as Json)) ?? "", most);
}
