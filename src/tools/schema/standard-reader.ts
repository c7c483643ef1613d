import type { Json } from "../../wire/json.ts";
import { plainJson } from "../../wire/json-bound.ts";
import { isThenable } from "../../wire/realm.ts";
import { pointer } from "./compiled-schema.ts";
import { MOST_ISSUES, type ReadPlace } from "./fit-input.ts";
import { type InputReader, type JsonReader, type ReadInput, tooDeep } from "./input-reader.ts";
import { isObject } from "./schema-keywords.ts";
import type { StandardIssue, StandardSchemaV1 } from "./standard-schema.ts";
import { copyOf, measuredCopy, type OwnJson } from "./value-copy.ts";

/**
 * Reads inputs by a validator; `shown` is what models are told, and says what is wanted where an
 * input does not fit. Undefined where nothing can be read off it.
 */
export function standardReader(
  schema: StandardSchemaV1,
  shown: JsonReader | undefined,
): InputReader {
  const validate = (value: OwnJson) => schema["~standard"].validate(value);
  return (input) => {
    const { copy, isTooDeep } = measuredCopy(input);
    if (isTooDeep) return tooDeep;
    return whenKnown(validate(copy), (first) => {
      if (first.issues === undefined) return readOf(first.value, input, []);
      const { issues } = first;
      const fitted = shown?.fitHere(input, near(issues));
      if (fitted === undefined || fitted.read.length === 0) return refusedFor(issues);
      const { value, read } = fitted;
      return whenKnown(validate(copyOf(value)), (second) =>
        second.issues === undefined ? readOf(second.value, value, read) : refusedFor(second.issues),
      );
    });
  };
}

/** At once where it can be: who waits needlessly gives up its turn. */
function whenKnown<Known, Result>(
  value: Known | Promise<Known>,
  then: (known: Known) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isThenable(value) ? Promise.resolve(value).then(then) : then(value);
}

/** Places that are in or around one of those where it did not fit. */
function near(issues: readonly StandardIssue[]): (path: string) => boolean {
  const paths = issues.slice(0, MOST_ISSUES).map(pathOf);
  return (path) => paths.some((one) => `${path}/`.startsWith(`${one}/`));
}

function refusedFor(issues: readonly StandardIssue[]): ReadInput {
  const told = issues.slice(0, MOST_ISSUES);
  return {
    valid: false,
    issues: told.map((issue) => ({ path: pathOf(issue), message: String(issue.message) })),
  };
}

function pathOf({ path = [] }: StandardIssue): string {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  return keys.map((key) => `/${pointer(String(key))}`).join("");
}

function readOf(value: unknown, said: Json, read: readonly ReadPlace[]): ReadInput {
  return { valid: true, value, view: viewOf(value, said), read };
}

/**
 * What the tool is given, as JSON. Where that cannot hold it, what was said stands for it: a
 * class of the embedder's is no path or URL.
 */
function viewOf(value: unknown, said: Json): Json {
  try {
    return plainJson(value);
  } catch {
    if (!isObject(value) || !isObject(said)) return said;
    const fields = Object.entries(value).map(([key, field]): [string, Json] => {
      const own = Object.hasOwn(said, key) ? (said[key] ?? null) : null;
      return [key, viewOf(field, own)];
    });
    return Object.fromEntries(fields);
  }
}
