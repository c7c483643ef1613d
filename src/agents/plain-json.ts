import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";
import { JSON_BOUND, type JsonBound, type JsonForm, JsonWalk } from "../wire/json-bound.ts";
import { JsonRefusal } from "../wire/json-refusal.ts";
import { isError } from "../wire/realm.ts";

/**
 * A copy of a value as plain JSON, with every error in it as its name and message: what can be
 * cloned, journaled, and restored as it was.
 *
 * **Fails with** `MACHINE_INVALID`, naming where in `what` the first other thing is, and for what
 * is over {@link JSON_BOUND}.
 */
export function restorableJson(value: unknown, what: string, bound = JSON_BOUND): Json {
  try {
    return new JsonWalk(bound, restorable).copy(value) ?? null;
  } catch (thrown) {
    if (!(thrown instanceof JsonRefusal)) throw thrown;
    const told = `${what} cannot travel: ${thrown.message}`;
    if (thrown.excess !== undefined) throw new OverBound(told, thrown.path);
    throw new CoppiceError("MACHINE_INVALID", told, { path: thrown.path });
  }
}

/** The error of a value that is JSON, and too much of it: some go on without the value. */
export class OverBound extends CoppiceError {
  /** Its message without advice. */
  readonly told: string;
  readonly path: string;

  constructor(told: string, path: string) {
    super("MACHINE_INVALID", told, { path });
    this.told = told;
    this.path = path;
  }

  /** Not the brand of the library's errors, which every one of them has. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(OverBound.prototype, value as object);
  }
}

/** Of a state: what a machine holds, as deep as it may, within what XState puts around it. */
export const STATE_BOUND: JsonBound = { ...JSON_BOUND, depth: 500 };

/** What speaks for itself as text, such as a date, would come back as another thing. */
const restorable: JsonForm = {
  speak: (value) => (isError(value) ? { name: value.name, message: value.message } : value),
  isPlain(value) {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  },
};
