import type { AnyActorRef } from "xstate";
import { CoppiceError } from "../errors.ts";
import { shorten } from "../wire/clip.ts";
import type { Json } from "../wire/json.ts";
import { builtInOf, isError } from "../wire/realm.ts";
import { actorPathOf, isActorRef, isChildOf, isRunning, lastSnapshotOf } from "./actor-refs.ts";
import { keptError } from "./kept-error.ts";

/** Most levels of nesting: deeper than real states, and far from the end of the stack. */
const MAX_DEPTH = 500;
/** Most values of one state; a value that is in several places counts each time. */
export const MAX_VALUES = 1_000_000;
/** Most digits of a bigint; a longer one takes too long to read. */
export const MAX_DIGITS = 10_000;
const MAX_HEX_DIGITS = Math.floor(MAX_DIGITS / Math.log10(16));

/** Classes that JSON cannot represent and that can be kept, each with its form for readers. */
const shown = new Map<string, (value: never) => Json>([
  ["Date", (date: Date) => (Number.isNaN(+date) ? "Invalid Date" : date.toISOString())],
  ["URL", ({ href }: URL) => href],
  ["URLSearchParams", (params: URLSearchParams) => params.toString()],
  ["RegExp", (pattern: RegExp) => String(pattern)],
  ["ArrayBuffer", ({ byteLength }: ArrayBuffer) => `${byteLength} bytes`],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array].map(ofBytes),
  ...[Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(ofBytes),
]);

/** Most characters of a value's path in an error message. */
const MAX_PATH = 200;

/** A step from a value to one within it: a key, an index, or another access. */
type Step = string | number | { readonly by: string };

/**
 * Walks what is to be kept of a machine. It refuses what cannot be kept, finds out whether JSON can
 * represent the rest, and copies it as JSON; where JSON cannot, the copy is a form for readers.
 */
export class KeptValue {
  /** True when JSON cannot represent all of it. */
  isRich = false;
  /** False when parts of it can change and still be the same objects, and cannot be frozen. */
  isFixed = true;
  /** References to children, by which their machine means no actor once it has ended them. */
  readonly children = new Map<AnyActorRef, AnyActorRef>();
  readonly #what: string;
  readonly #root: AnyActorRef;
  readonly #at: Step[] = [];
  readonly #above = new Set<object>();
  #freezes = false;
  #left = MAX_VALUES;

  /**
   * @param what the name of the value in errors
   * @param root the machine whose actors may be referred to
   */
  constructor(what: string, root: AnyActorRef) {
    this.#what = what;
    this.#root = root;
  }

  /**
   * Copies a value that an actor has; undefined for undefined.
   *
   * **Fails with** MACHINE_INVALID, naming the place of the first value that cannot be kept.
   */
  copy(value: unknown, owner: AnyActorRef): Json | undefined {
    return this.#copy(value, owner);
  }

  /** Copies a part of a context, and freezes the plain objects and lists in it. */
  freeze(value: unknown, owner: AnyActorRef): Json | undefined {
    this.#freezes = true;
    const copied = this.#copy(value, owner);
    this.#freezes = false;
    return copied;
  }

  /** Freezes a list or plain object of a context itself; what is in it is walked by the caller. */
  open(value: object): void {
    this.#freezes = true;
    this.#open(value);
    this.#freezes = false;
  }

  /** Runs a walk one step further down. */
  within<Result>(step: Step, walk: () => Result): Result {
    this.#at.push(step);
    const result = walk();
    this.#at.pop();
    return result;
  }

  #copy(value: unknown, owner: AnyActorRef): Json | undefined {
    this.#left -= 1;
    if (this.#left < 0) throw this.#refusal(`one of more than ${MAX_VALUES} values`);
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "undefined":
        this.isRich = true;
        return undefined;
      case "number":
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        this.isRich = true;
        return Object.is(value, -0) ? 0 : String(value);
      case "bigint":
        return this.#copyBigInt(value);
      case "object":
        return value === null ? null : this.#copyObject(value, owner);
      default:
        throw this.#refusal(`a ${typeof value}`);
    }
  }

  #copyBigInt(value: bigint): string {
    if (value.toString(16).length > MAX_HEX_DIGITS) {
      throw this.#refusal(`a bigint of more than ${MAX_DIGITS} digits`);
    }
    this.isRich = true;
    return `${value}n`;
  }

  #copyObject(value: object, owner: AnyActorRef): Json | undefined {
    if (isActorRef(value)) return this.#copyRef(value, owner);
    if (isError(value)) {
      this.#loosen();
      return keptError(value) as Json;
    }
    const prototype: object | null = Object.getPrototypeOf(value);
    const kind = classOf(prototype);
    const show = kind === undefined ? undefined : shown.get(kind);
    if (show !== undefined) {
      this.#loosen();
      return show(value as never);
    }
    if (this.#above.has(value)) {
      this.#loosen();
      return "… stands above";
    }
    if (this.#at.length > MAX_DEPTH) throw this.#refusal(`nested deeper than ${MAX_DEPTH} levels`);
    this.#above.add(value);
    const copied =
      kind === "Map" || kind === "Set"
        ? this.#copyEntries(value as ReadonlyMap<unknown, unknown>, kind, owner)
        : this.#copyPlain(value, owner);
    this.#above.delete(value);
    return copied;
  }

  /** Copies a map or a set; what is in it is not frozen, as it is not itself. */
  #copyEntries(
    value: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>,
    kind: "Map" | "Set",
    owner: AnyActorRef,
  ): Json {
    this.#loosen();
    const freezes = this.#freezes;
    this.#freezes = false;
    const copied =
      kind === "Set"
        ? this.#copyList([...value.values()], owner)
        : this.#copyMap(value as ReadonlyMap<unknown, unknown>, owner);
    this.#freezes = freezes;
    return copied;
  }

  #copyPlain(value: object, owner: AnyActorRef): Json {
    this.#open(value);
    if (Array.isArray(value)) return this.#copyList(value, owner);
    const fields: { [name: string]: Json } = {};
    for (const [key, field] of Object.entries(value)) {
      const copied = this.#within(key, field, owner);
      if (copied !== undefined) fields[key] = copied;
    }
    return fields;
  }

  #open(value: object): void {
    if (Array.isArray(value)) {
      // The prototype of lists is itself a list, in every realm; that of a class of lists is none.
      if (!Array.isArray(Object.getPrototypeOf(value))) throw this.#refusal(nameOf(value));
    } else {
      if (!isPlain(value)) throw this.#refusal(nameOf(value));
      if (hasOddKey(value)) throw this.#refusal("an object with `__proto__` or a symbol for a key");
      if (this.#freezes && hasGetter(value)) this.isFixed = false;
    }
    if (this.#freezes) Object.freeze(value);
  }

  #copyList(list: readonly unknown[], owner: AnyActorRef): Json {
    // Checked before the walk: a long array of holes costs its maker nothing.
    if (list.length > this.#left) throw this.#refusal(`one of more than ${MAX_VALUES} values`);
    const copies: Json[] = [];
    for (let index = 0; index < list.length; index += 1) {
      copies.push(this.#within(index, list[index], owner) ?? null);
    }
    return copies;
  }

  #copyMap(map: ReadonlyMap<unknown, unknown>, owner: AnyActorRef): Json {
    const entries = [...map].map(([key, field]): [string, Json] => {
      const named = this.#within({ by: ".keys()" }, key, owner);
      const name = typeof named === "string" ? named : JSON.stringify(named ?? null);
      const by = `.get(${JSON.stringify(name)})`;
      return [name, this.#within({ by }, field, owner) ?? null];
    });
    return Object.fromEntries(entries) as Json;
  }

  /** Copies a reference. XState itself restores only those from a machine to its own children. */
  #copyRef(ref: AnyActorRef, owner: AnyActorRef): Json {
    const { id } = ref;
    if (isChildOf(owner, ref)) this.children.set(ref, owner);
    else {
      this.#loosen();
      if (actorPathOf(this.#root, ref) === undefined) this.#copyEnded(ref, owner);
    }
    return { xstate$$type: 1, id };
  }

  #copyEnded(ref: AnyActorRef, owner: AnyActorRef): void {
    if (isRunning(ref)) throw this.#refusal("an actor that runs and is none of the machine's own");
    if (this.#above.has(ref)) return;
    this.#above.add(ref);
    this.#within({ by: ".getSnapshot()" }, lastSnapshotOf(ref), owner);
    this.#above.delete(ref);
  }

  #loosen(): void {
    this.isRich = true;
    this.isFixed = false;
  }

  #within(step: Step, value: unknown, owner: AnyActorRef): Json | undefined {
    this.#at.push(step);
    const copied = this.#copy(value, owner);
    this.#at.pop();
    return copied;
  }

  #refusal(found: string): CoppiceError {
    return notKept(this.#what, this.#at.map(shownStep).join(""), found);
  }
}

/** Returns the error that names a machine's value that cannot be kept, and its place. */
export function notKept(what: string, at: string, found: string): CoppiceError {
  const path = shorten(at.replace(/^\./, ""), MAX_PATH);
  const message = `${what} cannot be kept: ${path === "" ? "it" : path} is ${found}`;
  const advice = "Keep plain values there, and code in setup({ actions, actors })";
  return new CoppiceError("MACHINE_INVALID", `${message}. ${advice}`, { path, found });
}

/** True for a plain object of whatever realm. */
export function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hasGetter(value: object): boolean {
  return Object.keys(value).some((key) => {
    return Object.getOwnPropertyDescriptor(value, key)?.get !== undefined;
  });
}

/** True for an object with keys that devalue cannot write. */
function hasOddKey(value: object): boolean {
  if (Object.hasOwn(value, "__proto__")) return true;
  const symbols = Object.getOwnPropertySymbols(value);
  return symbols.some((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}

function shownStep(step: Step): string {
  if (typeof step === "object") return step.by;
  const isName = typeof step === "string" && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step);
  return isName ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function nameOf(value: object): string {
  const { name } = (value.constructor ?? {}) as { readonly name?: unknown };
  return typeof name === "string" && name !== "" ? `a ${name}` : "an object of a class";
}

/**
 * Returns the built-in class of a prototype, of whatever realm; undefined for a class that extends
 * one or is none, and for a plain object of this realm.
 */
function classOf(prototype: object | null): string | undefined {
  if (prototype === null || prototype === Object.prototype) return undefined;
  // Node's own classes; every realm that has them shares them.
  if (prototype === URL.prototype) return "URL";
  if (prototype === URLSearchParams.prototype) return "URLSearchParams";
  return builtInOf(prototype);
}

function ofBytes({ name }: { readonly name: string }): [string, (value: never) => Json] {
  return [name, ({ byteLength }: ArrayBufferView) => `${byteLength} bytes`];
}
