import { shorten } from "../../wire/clip.ts";
import type { Json } from "../../wire/json.ts";
import { refusalOf } from "../../wire/json-bound.ts";
import { wellFormed } from "../../wire/well-formed.ts";
import { NO_SECRETS, type Secrets } from "./secrets.ts";

/**
 * Quotes a value of a server in a sentence: a string as it is, other values as JSON, cut at `most`.
 */
export function quotedSafely(value: unknown, most: number, secrets: Secrets = NO_SECRETS): string {
  // Concealed before it is cut: a part of a secret would not be found.
  if (typeof value === "string") return shorten(secrets.conceal(value), most).toWellFormed();
  const refusal = refusalOf(value, { values: most, bytes: most * 4, depth: 20 });
  if (refusal !== undefined) return `something that is not shown: it ${refusal.reason}`;
  return shorten(secrets.conceal(JSON.stringify(wellFormed(value as Json)) ?? ""), most);
}
