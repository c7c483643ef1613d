import { types } from "node:util";
import { readField } from "./read-field.ts";

/**
 * Values of another realm: code that `node:vm` runs, such as a Jest test, has its own `Object`,
 * `Error` and `Promise`, while the results of Node (of `structuredClone`, a port, a missing file)
 * are of Node's realm. `instanceof` fails across the two.
 */

const NATIVE = /^function (\w+)\(\) \{ \[native code\] \}$/;

/**
 * Returns the name of the built-in class, of any realm, whose prototype this is: `Object`, `Map`.
 *
 * **Guarantees** cannot be forged and runs no foreign code: no other function prints like a
 * built-in class, proxies and bound functions included, and the `prototype` of a built-in class
 * never changes.
 */
export function builtInOf(prototype: object): string | undefined {
  if (types.isProxy(prototype)) return undefined;
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof made !== "function") return undefined;
  const [, name] = NATIVE.exec(Function.prototype.toString.call(made)) ?? [];
  if (name === undefined) return undefined;
  const own: unknown = Object.getOwnPropertyDescriptor(made, "prototype")?.value;
  return own === prototype ? name : undefined;
}

/**
 * True for the prototype of plain objects of any realm; false for one of another realm with
 * additional properties, such as a `toJSON`, which all of its objects would inherit.
 */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (builtInOf(prototype) !== "Object") return false;
  return Reflect.ownKeys(prototype).every((key) => Object.hasOwn(Object.prototype, key));
}

/** True for an error of any realm, and for an object that inherits from one of this realm. */
export function isError(value: unknown): value is Error {
  return Error.isError(value) || value instanceof Error;
}

/**
 * True for a value that can be awaited, also a promise of another realm; false when reading `then`
 * throws.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof readField(value, "then") === "function";
}
