import { types } from "node:util";
import { CoppiceError } from "../errors.ts";
import { describe } from "../wire/error-codec.ts";
import { plainJson } from "../wire/json-bound.ts";

/** Values that are looked at: beyond them a copy is as cheap, and a circle has no end. */
const VALUES_SEEN = 100;
/** Longer texts are counted. */
const SHORT = 10_000;

/** Fails with OPTIONS_INVALID unless the value is plain JSON: what crosses threads and is told. */
export function checkCloneable(value: unknown, what: string): void {
  try {
    // Looking at a small message costs a fraction of copying it only to see whether that works.
    if (isPlain(value, { left: VALUES_SEEN })) return;
    plainJson(value);
    // Some of what can be copied field by field, such as a proxy, no port takes as it is.
    structuredClone(value);
  } catch (thrown) {
    throw new CoppiceError("OPTIONS_INVALID", `${what} cannot cross a thread: ${describe(thrown)}`);
  }
}

/** True for what is certainly JSON: few plain objects, arrays and primitives. */
function isPlain(value: unknown, seen: { left: number }): boolean {
  seen.left -= 1;
  if (seen.left < 0) return false;
  if (value === null || value === undefined) return true;
  if (typeof value !== "object") {
    if (typeof value === "number") return Number.isFinite(value);
    return typeof value === "boolean" || (typeof value === "string" && value.length < SHORT);
  }
  if (types.isProxy(value)) return false;
  if (Array.isArray(value)) {
    if (value.length > seen.left) return false;
    for (let at = 0; at < value.length; at += 1) {
      if (!(at in value && isPlain(value[at], seen))) return false;
    }
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.entries(value).every(([key, field]) => {
    return key !== "__proto__" && isPlain(field, seen);
  });
}
