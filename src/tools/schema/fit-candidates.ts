import { readInputJson } from "../../wire/call-input.ts";
import { type SchemaFault, segmentsOf, typeName } from "./compiled-schema.ts";
import { valueAt } from "./value-at.ts";
import { measuredCopy, type OwnJson } from "./value-copy.ts";

/** A place whose value may be meant as another one. */
export interface Candidate {
  readonly path: string;
  /** The last segment of the path; undefined for the whole value. */
  readonly key: string | undefined;
  readonly as: string;
  readonly value: OwnJson;
  /** True within a union, where it is unknown which branch was meant. */
  readonly isChoice: boolean;
}

export interface CandidateOptions {
  readonly isOpen: (path: string) => boolean;
  readonly most: number;
  /** Called with each text before it is read; throws when reading would take too long. */
  readonly spend: (text: string) => void;
}

const CHOICES = new Set(["anyOf", "oneOf", "if", "not", "contains"]);
const OF_VALUE = new Set(["type", "enum", "const", "anyOf", "oneOf"]);

/** Returns the places that faults name, with the value that may be meant there. */
export function candidatesOf(
  faults: readonly SchemaFault[],
  value: OwnJson,
  { isOpen, most, spend }: CandidateOptions,
): readonly Candidate[] {
  const unions = new Set(faults.flatMap(({ path, keyword }) => (CHOICES.has(keyword) ? path : [])));
  const wanted = new Map<string, Set<string>>();
  for (const fault of faults) {
    if (!OF_VALUE.has(fault.keyword) || !isOpen(fault.path)) continue;
    const types = wanted.get(fault.path) ?? new Set();
    wanted.set(fault.path, types);
    for (const type of fault.wanted) types.add(type);
  }
  const found: Candidate[] = [];
  for (const [path, types] of wanted) {
    if (found.length >= most) break;
    const keys = segmentsOf(path);
    const key = keys.at(-1);
    const said = valueAt(value, keys);
    const isInside = [...unions].some((union) => path.startsWith(`${union}/`));
    if (said === null && key !== undefined && !Array.isArray(valueAt(value, keys.slice(0, -1)))) {
      found.push({ path, key, as: "left out", value: null, isChoice: isInside });
    }
    if (typeof said !== "string") continue;
    spend(said);
    const read = readAs(said, types);
    if (read === undefined) continue;
    found.push({ path, key, ...read, isChoice: isInside || unions.has(path) });
  }
  return found;
}

/** Reads a text as JSON of one of these types; undefined when it is not. */
function readAs(
  text: string,
  types: ReadonlySet<string>,
): { readonly as: string; readonly value: OwnJson } | undefined {
  // A string inside a string, and null, are never meant by a string.
  if (!/^\s*(?:[[{\d-]|true\s*$|false\s*$)/.test(text)) return undefined;
  let value: OwnJson;
  try {
    value = measuredCopy(readInputJson(text)).copy;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
  const as = typeName(value);
  const isWanted = types.has(as) || (Number.isInteger(value) && types.has("integer"));
  return isWanted ? { as, value } : undefined;
}
