import { types } from "node:util";
import { readField } from "./read-field.ts";

/**
 * Values of another realm: what `node:vm` runs, such as a test of Jest, has an `Object`, an `Error`
 * and a `Promise` of its own, and what Node hands it - of `structuredClone`, of a port, of a file
 * that is missing - is of Node's realm. `instanceof` knows neither side's from the other.
 */

const NATIVE = /^function (\w+)\(\) \{ \[native code\] \}$/;

/**
 * The name of the built-in class, of whatever realm, whose prototype this is: `Object`, `Map`.
 *
 * **Guarantees** cannot be feigned and runs no code of others: no function that is not built in is
 * written so, a proxy and a bound one included, and the `prototype` of one that is never changes.
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
 * True for the prototype of plain objects, in whatever realm they were made; not for one of another
 * realm that has more than ours, such as a `toJSON`, which all of its objects would inherit.
 */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (builtInOf(prototype) !== "Object") return false;
  return Reflect.ownKeys(prototype).every((key) => Object.hasOwn(Object.prototype, key));
}

/** True for an error of any realm, and for what inherits from one of ours. */
export function isError(value: unknown): value is Error {
  return Error.isError(value) || value instanceof Error;
}

/** True for what may be awaited, a promise of another realm included, also where to ask throws. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof readField(value, "then") === "function";
}
