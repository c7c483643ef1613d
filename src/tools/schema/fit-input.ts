import { setField } from "../../wire/json-bound.ts";
import {
  type CompiledSchema,
  type InputIssue,
  type SchemaFault,
  segmentsOf,
} from "./compiled-schema.ts";
import { type Candidate, candidatesOf } from "./fit-candidates.ts";
import { TooMuchWork } from "./pattern-engine.ts";
import { valueAt } from "./value-at.ts";
import { copyOf, type OwnJson } from "./value-copy.ts";

/** A place, as a JSON Pointer, whose value was read as the one that was meant. */
export type ReadPlace = {
  readonly path: string;
  /** The kind it was read as: `array`, `object`, `number`, `boolean`, or `left out`. */
  readonly as: string;
};

export interface Fitted {
  readonly value: OwnJson;
  readonly read: readonly ReadPlace[];
  /** The places that do not fit; empty when the value fits. */
  readonly issues: readonly InputIssue[];
}

export interface FitOptions {
  /** The bound of steps of each check, as for {@link CompiledSchema}. */
  readonly steps: number;
  /** Returns true for a path that may be read. Default: every path. */
  readonly mayRead?: (path: string) => boolean;
}

/** The most issues reported: more tell a model nothing new. */
export const MAX_ISSUES = 20;
const MAX_PLACES = 64;
const MAX_PASSES = 8;
const MAX_TRIES = 16;
/** The most characters of texts that are read on this thread; more take too long. */
const MAX_CHARACTERS_HERE = 50_000;
/** The most checks of one value. */
export const MAX_CHECKS = 2 * MAX_PASSES + MAX_TRIES;
/** Keywords of the faults that remain at a place that was read wrongly. */
const OF_TYPE = new Set(["type", "enum", "const"]);

/**
 * Makes a value fit, in place, by two changes only: a string that is JSON of exactly the required
 * type is parsed, and null for an optional property is left out.
 *
 * **Guarantees** each place is read once, and at most 64 places; a reading within a union is kept
 * only when the whole value fits afterwards.
 */
export function fitInput(check: CompiledSchema, value: OwnJson, options: FitOptions): Fitted {
  return new Fitting(check, value, options).run();
}

class Fitting {
  readonly #check: CompiledSchema;
  readonly #options: FitOptions;
  readonly #refused = new Set<string>();
  #value: OwnJson;
  #characters = 0;
  #read = new Map<string, string>();

  constructor(check: CompiledSchema, value: OwnJson, options: FitOptions) {
    this.#check = check;
    this.#value = value;
    this.#options = options;
  }

  run(): Fitted {
    /** The state before anything was read within a union. */
    let before:
      | { value: OwnJson; read: Map<string, string>; chosen: readonly Candidate[] }
      | undefined;
    let faults = this.#faults(this.#value);
    for (let pass = 0; pass < MAX_PASSES && faults.length > 0; pass += 1) {
      const all = this.#candidates(faults);
      const certain = all.filter(({ isChoice }) => !isChoice);
      const chosen = certain.length > 0 ? certain : all;
      if (chosen.length === 0) break;
      if (certain.length === 0) {
        before ??= { value: copyOf(this.#value), read: new Map(this.#read), chosen };
      }
      faults = this.#apply(chosen);
    }
    if (faults.length > 0 && before !== undefined) {
      this.#value = before.value;
      this.#read = before.read;
      faults = this.#tryEach(before.chosen);
    }
    const read = [...this.#read].map(([path, as]) => ({ path, as }));
    const issues = faults.slice(0, MAX_ISSUES).map(({ issue }) => issue());
    return { value: this.#value, read, issues };
  }

  readonly #spend = (text: string): void => {
    this.#characters += text.length;
    if (this.#characters > MAX_CHARACTERS_HERE && this.#options.steps !== Infinity) {
      throw new TooMuchWork("its texts are long");
    }
  };

  #faults(value: OwnJson): readonly SchemaFault[] {
    return this.#check.faults(value, this.#options.steps);
  }

  #candidates(faults: readonly SchemaFault[]): readonly Candidate[] {
    const { mayRead = () => true } = this.#options;
    const isOpen = (path: string): boolean =>
      !this.#refused.has(path) && !this.#read.has(path) && mayRead(path);
    const left = MAX_PLACES - this.#read.size;
    return candidatesOf(faults, this.#value, { isOpen, most: left, spend: this.#spend });
  }

  /** Reads these places, except those where it does not help. */
  #apply(candidates: readonly Candidate[]): readonly SchemaFault[] {
    const tried = copyOf(this.#value);
    const left = applied(tried, candidates);
    const faults = this.#faults(left);
    const wrong = candidates.filter((one) => faults.some((fault) => isUnhelped(one, fault)));
    for (const { path } of wrong) this.#refused.add(path);
    const good = candidates.filter((one) => !wrong.includes(one));
    for (const { path, as } of good) this.#read.set(path, as);
    this.#value = wrong.length === 0 ? left : applied(this.#value, good);
    return wrong.length === 0 ? faults : this.#faults(this.#value);
  }

  /** Reads the first place with which the whole value fits. */
  #tryEach(candidates: readonly Candidate[]): readonly SchemaFault[] {
    for (const one of candidates.slice(0, MAX_TRIES)) {
      const tried = applied(copyOf(this.#value), [one]);
      const faults = this.#faults(tried);
      if (faults.length > 0) continue;
      this.#value = tried;
      this.#read.set(one.path, one.as);
      return faults;
    }
    return this.#faults(this.#value);
  }
}

/**
 * True when a place is as wrong as before, or is missing now; within a union the fault may belong
 * to another branch.
 */
function isUnhelped({ path, key, as, isChoice }: Candidate, fault: SchemaFault): boolean {
  if (as !== "left out") return !isChoice && fault.path === path && OF_TYPE.has(fault.keyword);
  return fault.missing === key && fault.path === path.slice(0, path.lastIndexOf("/"));
}

/** Returns the value with these places changed, in place unless the whole is replaced. */
function applied(value: OwnJson, candidates: readonly Candidate[]): OwnJson {
  let whole = value;
  for (const { path, key, as, value: meant } of candidates) {
    // Copied, because the value is changed later and the candidate may be tried again.
    const put = copyOf(meant);
    if (key === undefined) {
      whole = put;
      continue;
    }
    const parent = valueAt(whole, segmentsOf(path).slice(0, -1));
    if (typeof parent !== "object" || parent === null) continue;
    if (Array.isArray(parent)) parent[Number(key)] = put;
    else if (as === "left out") delete parent[key];
    else setField(parent, key, put);
  }
  return whole;
}
