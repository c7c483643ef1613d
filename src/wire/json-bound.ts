import type { Json } from "./json.ts";
import { type Excess, JsonRefusal, type RefusalReason } from "./json-refusal.ts";
import { isPlainPrototype } from "./realm.ts";

/** The bound of a value, whoever sends it. */
export interface JsonBound {
  /** The most containers within each other. */
  readonly depth: number;
  /** The most values in it; a value in several places counts in each of them, as in JSON. */
  readonly values: number;
  /**
   * The most bytes, about those of its JSON in UTF-8; characters that JSON would escape count as
   * they are.
   */
  readonly bytes: number;
  /** The most objects and lists among the values. Default: the bound of values. */
  readonly containers?: number;
}

/**
 * The bound of every value that is passed between parties: messages, inputs, results, answers,
 * options. Checking a value of this size takes some 20 ms of a thread.
 */
export const JSON_BOUND: JsonBound = { depth: 200, values: 250_000, bytes: 16_000_000 };

/** The amount of a value, as its bound counts it. */
export type JsonAmount = Pick<JsonBound, "values" | "bytes">;

/**
 * The length up to which a string counts its characters, because counting its bytes takes longer.
 */
const SHORT_TEXT = 32;

/** The way to read values that are not plain data. */
export interface JsonForm {
  /** Returns the value that represents an object. */
  readonly speak: (value: object, key: string) => unknown;
  /** True when an object other than a list may be read field by field. */
  readonly isPlain: (value: object) => boolean;
  /** True for values that {@link JsonWalk.check}, and only it, skips. Default: none. */
  readonly passes?: (value: unknown) => boolean;
}

/** Reads values as `JSON.stringify` does, but refuses those that it would lose. */
const asJson: JsonForm = {
  speak(value, key) {
    const toJson: unknown = Reflect.get(value, "toJSON");
    return typeof toJson === "function" ? toJson.call(value, key) : value;
  },
  isPlain: (value) => Object.prototype.toString.call(value) === "[object Object]",
};

/**
 * Checks the amount of a value only: data in it is counted, and other values are skipped.
 *
 * **Fails with** a {@link JsonRefusal} for a value over the bound, and for holes and keys
 * `__proto__`.
 */
export function checkAmount(value: unknown, bound: JsonBound, isData: typeof isPlainData): void {
  new JsonWalk(bound, { ...asJson, passes: (part) => !isData(part) }).check(value);
}

/** True for a string, a list, or an object that is not an instance of a class. */
export function isPlainData(value: unknown): boolean {
  if (typeof value === "string" || Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return isPlainPrototype(Object.getPrototypeOf(value));
}

/** Returns why a value is not JSON within its bound as it is; undefined when it is. */
export function refusalOf(value: unknown, bound = JSON_BOUND): JsonRefusal | undefined {
  try {
    new JsonWalk(bound).check(value);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof JsonRefusal) return thrown;
    return new JsonRefusal([], { reason: "cannot be read", advice: "give plain data" });
  }
}

/**
 * Copies a value as plain JSON: `undefined` is left out, and becomes null in a list; -0 becomes 0;
 * `toJSON` is called where there is one.
 *
 * **Fails with** a {@link JsonRefusal} when JSON would lose something (functions, BigInts, NaN,
 * maps, errors, buffers, holes, circles) and for a value over its bound; with the error of a getter
 * that throws.
 */
export function plainJson(value: unknown, bound = JSON_BOUND): Json {
  return new JsonWalk(bound).copy(value) ?? null;
}

/**
 * A walk over untrusted values. Its bound covers all values that it is given: a frame is one walk.
 *
 * **Guarantees** linear, and ends at the bound at the latest: a list of four billion holes is
 * refused for its length.
 */
export class JsonWalk {
  readonly #bound: JsonBound;
  readonly #form: JsonForm;
  #values: number;
  #bytes: number;
  #containers: number;
  /** The path to the current value: the first `level` keys. */
  readonly #keys: (string | number)[] = [];
  /** The last prototype of plain objects found, beside this realm's own. */
  #plain: object | null = null;

  constructor(bound: JsonBound, form = asJson) {
    this.#bound = bound;
    this.#form = form;
    this.#values = bound.values;
    this.#bytes = bound.bytes;
    this.#containers = bound.containers ?? bound.values;
  }

  /**
   * Checks a value that must be plain data already, such as one that came over a wire.
   *
   * @param level the number of containers around it, which count against the depth
   */
  check(value: unknown, level = 0): void {
    this.#look(value, level);
  }

  /** The amount of all values so far. */
  get amount(): JsonAmount {
    const { values, bytes } = this.#bound;
    return { values: values - this.#values, bytes: bytes - this.#bytes };
  }

  copy(value: unknown): Json | undefined {
    return this.#copy(value, 0);
  }

  #look(part: unknown, level: number): void {
    if (this.#form.passes?.(part) === true) return;
    if (!this.#isContainer(part, level)) return;
    if (Array.isArray(part)) {
      this.#open(part, level);
      for (let index = 0; index < part.length; index += 1) {
        this.#look(this.#item(part, index, level), level + 1);
      }
      return;
    }
    if (!this.#isPlain(Object.getPrototypeOf(part))) this.#refuseKind(level, part);
    const keys = Object.keys(part);
    this.#open(keys, level);
    for (const key of keys) {
      this.#key(key, level);
      this.#look(part[key as keyof typeof part], level + 1);
    }
  }

  /** Caches the last result: testing every object of another realm would dominate the cost. */
  #isPlain(prototype: object | null): boolean {
    if (prototype === Object.prototype || prototype === this.#plain) return true;
    if (!isPlainPrototype(prototype)) return false;
    this.#plain = prototype;
    return true;
  }

  #copy(given: unknown, level: number): Json | undefined {
    const part = this.#spoken(given, level);
    if (!this.#isContainer(part, level)) return withoutSign(part as Json | undefined);
    if (Array.isArray(part)) {
      this.#open(part, level);
      const items: Json[] = [];
      for (let index = 0; index < part.length; index += 1) {
        items.push(this.#copy(this.#item(part, index, level), level + 1) ?? null);
      }
      return items;
    }
    if (!this.#form.isPlain(part)) this.#refuseKind(level, part);
    const keys = Object.keys(part);
    this.#open(keys, level);
    const fields: { [key: string]: Json } = {};
    for (const key of keys) {
      this.#key(key, level);
      const field = this.#copy(part[key as keyof typeof part], level + 1);
      if (field !== undefined) fields[key] = field;
    }
    return fields;
  }

  /** Counts a value; returns false for one that contains no others. */
  #isContainer(part: unknown, level: number): part is object {
    this.#values -= 1;
    if (this.#values < 0) this.#refuseMany(level, "values");
    switch (typeof part) {
      case "string":
        this.#spend(2 + this.#bytesOf(part), level);
        return false;
      case "number":
        if (!Number.isFinite(part)) this.#refuseKind(level, part);
        this.#spend(digitsOf(part), level);
        return false;
      case "boolean":
      case "undefined":
        this.#spend(4, level);
        return false;
      case "object":
        if (part !== null) return true;
        this.#spend(4, level);
        return false;
      default:
        return this.#refuseKind(level, part);
    }
  }

  /** @param items the items of a list, or the keys of an object */
  #open(items: readonly unknown[], level: number): void {
    const { depth } = this.#bound;
    this.#containers -= 1;
    if (this.#containers < 0) this.#refuseMany(level, "containers");
    if (level >= depth) {
      const reason = `nests deeper than ${depth} levels, or refers to itself`;
      this.#refuse(level, { reason, advice: "flatten it", excess: "depth" });
    }
    if (items.length > this.#values) this.#refuseMany(level, "values");
    this.#spend(items.length + 1 + (items.length === 0 ? 1 : 0), level);
  }

  #item(list: readonly unknown[], index: number, level: number): unknown {
    this.#keys[level] = index;
    const item = list[index];
    if (!Object.hasOwn(list, index)) {
      this.#refuse(level + 1, { reason: "is a hole in a list", advice: "give null there" });
    }
    return item;
  }

  #bytesOf(text: string): number {
    const { length } = text;
    return length <= SHORT_TEXT || length > this.#bytes ? length : Buffer.byteLength(text);
  }

  #key(key: string, level: number): void {
    this.#keys[level] = key;
    if (key === "__proto__") {
      this.#refuse(level, { reason: 'has a key "__proto__"', advice: "name it otherwise" });
    }
    this.#spend(key.length + 3, level);
  }

  #spend(bytes: number, level: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) this.#refuseMany(level, "bytes");
  }

  #spoken(given: unknown, level: number): unknown {
    if (typeof given !== "object" || given === null) return given;
    return this.#form.speak(given, level === 0 ? "" : String(this.#keys[level - 1]));
  }

  #refuseMany(level: number, excess: Exclude<Excess, "depth">): never {
    const { [excess]: most = this.#bound.values } = this.#bound;
    const what = excess === "containers" ? "objects and lists" : excess;
    const advice = "send less, or a reference to it";
    this.#refuse(level, { reason: `has more than ${most} ${what}`, advice, excess });
  }

  #refuseKind(level: number, value: unknown): never {
    const advice = "give plain data";
    this.#refuse(level, { reason: `is ${kindOf(value)}, which JSON cannot hold`, advice });
  }

  #refuse(level: number, why: RefusalReason): never {
    throw new JsonRefusal(this.#keys.slice(0, level), why);
  }
}

/** Sets a field of the object itself, also for the key `__proto__`. */
export function setField<Value>(fields: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== "__proto__") fields[key] = value;
  else Object.defineProperty(fields, key, { value, ...VISIBLE });
}

const VISIBLE = { enumerable: true, configurable: true, writable: true } as const;

/** Returns 0 for -0: JSON has no negative zero, so -0 would change when it is written and read. */
export function withoutSign<Value>(value: Value): Value {
  return value === 0 ? (0 as Value) : value;
}

/** Counts the characters of a number, mostly without formatting it. */
function digitsOf(number: number): number {
  if (!Number.isSafeInteger(number)) return String(number).length;
  let digits = number < 0 ? 2 : 1;
  for (let rest = Math.abs(number); rest >= 10; rest /= 10) digits += 1;
  return digits;
}

function kindOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
}
