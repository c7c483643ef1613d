import { shorten } from "../../wire/clip.ts";
import type { Json } from "../../wire/json.ts";
import { NO_SECRETS, type Secrets } from "./secrets.ts";

/** The most that a value of a server's may hold. */
export interface JsonBounds {
  readonly values: number;
  /** Of all texts and keys. */
  readonly characters: number;
  readonly levels: number;
  /** Objects and lists among the values. */
  readonly containers?: number;
}

/** Why a value is over its bounds; undefined for one that is within. Looks no further than that. */
export function overBounds(value: unknown, bounds: JsonBounds): string | undefined {
  const { containers = bounds.values } = bounds;
  const left = { ...bounds, containers };
  const look = (part: unknown, level: number): string | undefined => {
    left.values -= 1;
    if (left.values < 0) return `it has more than ${bounds.values} values`;
    if (typeof part === "string") left.characters -= part.length;
    if (left.characters < 0) return `it has more than ${bounds.characters} characters`;
    if (typeof part !== "object" || part === null) return undefined;
    left.containers -= 1;
    if (left.containers < 0) return `it has more than ${containers} objects and lists`;
    if (level >= bounds.levels) return `it nests over ${bounds.levels} levels`;
    const isList = Array.isArray(part);
    for (const key in part) {
      if (!isList) left.characters -= key.length;
      const why = look(part[key as keyof typeof part], level + 1);
      if (why !== undefined) return why;
    }
    return undefined;
  };
  return look(value, 0);
}

/** A copy of JSON whose texts and keys are all well formed. */
export function wellFormed(value: unknown): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value as Json;
  const fields = Object.entries(value).map(([key, field]) => [
    key.toWellFormed(),
    wellFormed(field),
  ]);
  // `fromEntries` keeps a key named "__proto__" a key.
  return Object.fromEntries(fields);
}

/** A value of a server's in a sentence: as it is where it is text, else as JSON; never long. */
export function quoted(value: unknown, most: number, secrets: Secrets = NO_SECRETS): string {
  // Before it is cut, since nobody finds a part of a secret.
  if (typeof value === "string") return shorten(secrets.conceal(value), most).toWellFormed();
  const why = overBounds(value, { values: most, characters: most * 4, levels: 20 });
  if (why !== undefined) return `something that is not shown: ${why}`;
  return shorten(secrets.conceal(JSON.stringify(wellFormed(value)) ?? ""), most);
}
