import { createHash } from "node:crypto";

/** Values that are hashed in one step. */
const STEP_VALUES = 256;
/**
 * The most keys of an object that are sorted; a larger object is hashed in the order of its keys.
 */
const MAX_SORTED = 10_000;

/** A value that is still to be written, or literal text. */
type Rest = { readonly value: unknown } | string;

/**
 * Hashes JSON independently of the order of keys, in short steps.
 *
 * **Guarantees** size costs no pause and depth no stack.
 */
export function* hashInSteps(json: unknown): Generator<undefined, string> {
  const hash = createHash("sha256");
  const rest: Rest[] = [{ value: json }];
  for (let values = 1; ; values += 1) {
    const next = rest.pop();
    if (next === undefined) return hash.digest("base64url");
    if (typeof next === "string") hash.update(next);
    else hash.update(opened(next.value, rest));
    if (values % STEP_VALUES === 0) yield;
  }
}

/** Hashes as {@link hashInSteps} does, in one go. */
export function hashOf(json: unknown): string {
  const steps = hashInSteps(json);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Returns the beginning of a value and pushes the rest, in reverse order. */
function opened(value: unknown, rest: Rest[]): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) {
    rest.push("]");
    for (let at = value.length - 1; at >= 0; at -= 1) rest.push(",", { value: value[at] });
    return "[";
  }
  const keys = Object.keys(value);
  if (keys.length <= MAX_SORTED) keys.sort();
  rest.push("}");
  for (let at = keys.length - 1; at >= 0; at -= 1) {
    const key = keys[at] as string;
    rest.push(",", { value: Reflect.get(value, key) }, `${JSON.stringify(key)}:`);
  }
  return "{";
}
