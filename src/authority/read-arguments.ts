import type {
  ArgumentKind,
  ReadArgument,
  ReadValue,
  WantedArgument,
} from "../../machines/capability/arguments.ts";
import type { Json } from "../wire/json.ts";
import { canonicalCommand } from "./canonical-command.ts";
import { canonicalPath } from "./canonical-path.ts";
import { canonicalUrl } from "./canonical-url.ts";
import { commandWords } from "./command-words.ts";

export interface CanonicalInput {
  readonly arguments: readonly ReadArgument[];
  /** The input for the tool, with each value that was read in its canonical form. */
  readonly input: Json;
}

/** The most elements of a list: each costs time on the supervisor's thread. */
const MAX_VALUES = 100;
const MAX_LEVELS = 32;

const READ: Readonly<Record<Exclude<ArgumentKind, "text">, (text: string) => ReadValue>> = {
  path: canonicalPath,
  url: canonicalUrl,
  cmd: readCommand,
};

/**
 * Reads the arguments that grants ask for, each element of a list by itself.
 *
 * **Guarantees** never throws; a value that two kinds read differently is unreadable as either,
 * since the tool can be given only one; an exact glob sees the value that the tool is given.
 */
export function readArguments(wanted: readonly WantedArgument[], input: Json): CanonicalInput {
  const read: ReadArgument[] = [];
  let given = input;
  for (const argument of new Set(wanted.map((one) => one.argument))) {
    const kinds = wanted.filter((one) => one.argument === argument).map(({ kind }) => kind);
    const raw = valuesOf(input, argument);
    const values = raw.values.map((value) => readValue(kinds, value));
    for (const kind of kinds) {
      const of = raw.unreadable ?? values.map(({ as }) => as.get(kind) as ReadValue);
      const joined = kind === "cmd" && raw.isList ? joinedCommand(raw.values) : undefined;
      read.push({ argument, kind, values: of, ...(joined === undefined ? {} : { joined }) });
    }
    if (values.some(({ canonical }) => canonical !== undefined)) {
      const checked = values.map(({ canonical }, n) => canonical ?? (raw.values[n] as Json));
      const value = raw.isList ? checked : (checked[0] as Json);
      given = { ...(given as { readonly [argument: string]: Json }), [argument]: value };
    }
  }
  return { arguments: read, input: given };
}

function readCommand(command: string): ReadValue {
  const words = commandWords(command);
  return { ...canonicalCommand(command), ...(words === undefined ? {} : { words }) };
}

/** Joins a list of words, as programs are often given: each word alone may pass a deny. */
function joinedCommand(values: readonly Json[]): ReadValue | undefined {
  const words = values.filter((value) => typeof value === "string");
  return words.length < 2 ? undefined : readCommand(words.join(" "));
}

interface RawValues {
  readonly values: readonly Json[];
  readonly isList: boolean;
  readonly unreadable?: readonly ReadValue[];
}

function valuesOf(input: Json, argument: string): RawValues {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    const unreadable = "the input is no object of arguments";
    return { values: [], isList: false, unreadable: [{ text: json(input), unreadable }] };
  }
  const value = Object.hasOwn(input, argument)
    ? (input as { readonly [argument: string]: Json | undefined })[argument]
    : undefined;
  if (value === undefined) return { values: [], isList: false };
  if (!Array.isArray(value)) return { values: [value], isList: false };
  if (value.length <= MAX_VALUES) return { values: value, isList: true };
  const unreadable = `it has more than ${MAX_VALUES} elements`;
  return { values: [], isList: true, unreadable: [{ text: `${value.length} values`, unreadable }] };
}

interface ReadAs {
  readonly as: ReadonlyMap<ArgumentKind, ReadValue>;
  /** Set when a kind could read the value. */
  readonly canonical: string | undefined;
}

function readValue(kinds: readonly ArgumentKind[], value: Json): ReadAs {
  const as = new Map<ArgumentKind, ReadValue>();
  const texts = new Set<string>();
  const shown = json(value);
  for (const kind of kinds) {
    if (kind === "text") continue;
    const no = { text: shown, unreadable: "it is no text" };
    const read = typeof value === "string" ? READ[kind](value) : no;
    as.set(kind, read);
    if (!("unreadable" in read)) texts.add(read.text);
  }
  if (texts.size > 1) {
    const unreadable = `it can be read as ${[...texts].join(" and as ")}`;
    for (const kind of as.keys()) as.set(kind, { text: shown, unreadable });
    texts.clear();
  }
  const [canonical] = texts;
  const text = canonical ?? shown;
  if (kinds.includes("text")) as.set("text", { text, parts: [text] });
  return { as, canonical };
}

/** Returns the text of a value: itself, or JSON whose keys are sorted. */
function json(value: Json | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(sorted(value, MAX_LEVELS)) ?? "null");
}

function sorted(value: Json | undefined, levels: number): Json | undefined {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.map((item) => sorted(item, levels - 1) ?? null);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item, levels - 1)]));
}
