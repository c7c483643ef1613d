import { didYouMean } from "../wire/did-you-mean.ts";
import { valueKind, withArticle } from "../wire/value-kind.ts";

/** An issue that Zod reports, of whichever kind. */
export interface FoundIssue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  /** Of a value that is of none of several kinds: an issue for each of them. */
  readonly kinds?: readonly FoundIssue[];
}

/** Types as a sentence names them. */
const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  record: "an object",
};

/**
 * Says in a sentence's end what is wrong with an option and what it was: `must be at least 0, not
 * -1`. The option's name goes before it.
 *
 * @param known names of options that there are, for one that there is not
 */
export function issueText(issue: FoundIssue, given: unknown, known: readonly string[]): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return (issue.keys ?? []).map((key) => unknownOption(key, known)).join("; ");
    case "invalid_type":
      return `must be ${typeOf(issue.expected ?? "")}, not ${valueKind(given)}`;
    case "invalid_value":
      return oneOf(issue.values ?? [], given);
    case "no_kind":
      return `must be ${(issue.kinds ?? []).map(kindOf).join(" or ")}, not ${valueKind(given)}`;
    case "too_small":
      return `${must(issue)} at least ${issue.minimum}${but(issue, given)}`;
    case "too_big":
      return `${must(issue)} at most ${issue.maximum}${but(issue, given)}`;
    default:
      return issue.message;
  }
}

function unknownOption(key: string, known: readonly string[]): string {
  return `there is no option ${valueKind(key)}${didYouMean(key, known)}`;
}

function kindOf({ values, expected = "" }: FoundIssue): string {
  return values === undefined
    ? typeOf(expected)
    : values.map((value) => valueKind(value)).join(" or ");
}

function typeOf(expected: string): string {
  return TYPES[expected] ?? withArticle(expected);
}

function oneOf(values: readonly unknown[], given: unknown): string {
  const shown = values.map((value) => valueKind(value));
  const all =
    shown.length < 2 ? shown.join() : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
  const names = values.filter((value) => typeof value === "string");
  const meant = typeof given === "string" ? didYouMean(given, names) : "";
  return `must be ${all}, not ${valueKind(given)}${meant}`;
}

function must({ origin }: FoundIssue): string {
  return origin === "number" ? "must be" : "must have";
}

function but({ origin }: FoundIssue, given: unknown): string {
  if (origin === "number") return `, not ${valueKind(given)}`;
  const { length } = (given ?? {}) as { readonly length?: number };
  const unit = origin === "string" ? "characters" : "entries";
  return length === undefined ? ` ${unit}` : ` ${unit}, not ${length}`;
}
