import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";
import { JSON_BOUND, type JsonAmount, type JsonForm, JsonWalk } from "../wire/json-bound.ts";
import { JsonRefusal } from "../wire/json-refusal.ts";
import { isError } from "../wire/realm.ts";

/**
 * Returns a copy of a value as plain JSON, which can be cloned, journaled and restored unchanged.
 * Each error in it becomes its name and message.
 *
 * **Fails with** `MACHINE_INVALID`, naming the place in `what` of the first value that is not JSON,
 * and for a value over {@link JSON_BOUND}.
 */
export function restorableJson(value: unknown, what: string): Json {
  return measuredJson(value, what).json;
}

/** Returns the same copy as {@link restorableJson}, and its amount. */
export function measuredJson(
  value: unknown,
  what: string,
): { readonly json: Json; readonly amount: JsonAmount } {
  const walk = new JsonWalk(JSON_BOUND, restorable);
  try {
    return { json: walk.copy(value) ?? null, amount: walk.amount };
  } catch (thrown) {
    if (!(thrown instanceof JsonRefusal)) throw thrown;
    const message = `${what} cannot travel: ${thrown.message}`;
    if (thrown.excess !== undefined) throw new OverBound(message, thrown.path);
    throw new CoppiceError("MACHINE_INVALID", message, { path: thrown.path });
  }
}

/**
 * The error of a value that is JSON and over the bound. Some callers continue without the value.
 */
export class OverBound extends CoppiceError {
  /** The message without advice. */
  readonly text: string;
  readonly path: string;

  constructor(text: string, path: string) {
    super("MACHINE_INVALID", text, { path });
    this.text = text;
    this.path = path;
  }

  /** Tests the prototype, because all errors of the library have the same brand. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(OverBound.prototype, value as object);
  }
}

/** Refuses a value with a text form of its own, such as a date: it would come back as a string. */
const restorable: JsonForm = {
  speak: (value) => (isError(value) ? { name: value.name, message: value.message } : value),
  isPlain(value) {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  },
};
