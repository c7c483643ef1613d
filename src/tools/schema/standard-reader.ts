import type { Json } from "../../wire/json.ts";
import { plainJson } from "../../wire/json-bound.ts";
import { isThenable } from "../../wire/realm.ts";
import { pointer } from "./compiled-schema.ts";
import { MAX_ISSUES, type ReadPlace } from "./fit-input.ts";
import { type InputReader, type JsonReader, type ReadInput, tooDeep } from "./input-reader.ts";
import { isObject } from "./schema-keywords.ts";
import type { StandardIssue, StandardSchemaV1 } from "./standard-schema.ts";
import { copyOf, measuredCopy, type OwnJson } from "./value-copy.ts";

/**
 * Creates a reader that uses a validator. `shown` is the schema that models see, and tells what is
 * required where an input does not fit; undefined when it cannot be used.
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

/** Calls `then` synchronously where possible: awaiting needlessly costs a turn. */
function whenKnown<Known, Result>(
  value: Known | Promise<Known>,
  then: (known: Known) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isThenable(value) ? Promise.resolve(value).then(then) : then(value);
}

/** Returns a test for paths in or around a place that did not fit. */
function near(issues: readonly StandardIssue[]): (path: string) => boolean {
  const paths = issues.slice(0, MAX_ISSUES).map(pathOf);
  return (path) => paths.some((one) => `${path}/`.startsWith(`${one}/`));
}

function refusedFor(issues: readonly StandardIssue[]): ReadInput {
  const reported = issues.slice(0, MAX_ISSUES);
  return {
    valid: false,
    issues: reported.map((issue) => ({ path: pathOf(issue), message: String(issue.message) })),
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
 * Returns the tool's value as JSON. A part that JSON cannot hold is replaced by the input's part:
 * rules can match a path or URL, but no instance of a class.
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
