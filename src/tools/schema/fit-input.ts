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

/** A place, as a JSON Pointer, whose value was read as what was meant. */
export type ReadPlace = {
  readonly path: string;
  /** `array`, `object`, `number`, `boolean`, or `left out`. */
  readonly as: string;
};

export interface Fitted {
  readonly value: OwnJson;
  readonly read: readonly ReadPlace[];
  /** None when it fits. */
  readonly issues: readonly InputIssue[];
}

export interface FitOptions {
  /** Of each check, as for {@link CompiledSchema}. */
  readonly steps: number;
  /** Left out: any place may be read. */
  readonly mayRead?: (path: string) => boolean;
}

/** More issues than this tell a model nothing new. */
export const MOST_ISSUES = 20;
const MOST_PLACES = 64;
const MOST_PASSES = 8;
const MOST_TRIES = 16;
/** Of texts that are read; more of them take more than a moment. */
const MOST_CHARACTERS_HERE = 50_000;
/** Checks of one value, at most. */
export const MOST_CHECKS = 2 * MOST_PASSES + MOST_TRIES;
/** What still stands at a place that was not read well. */
const OF_TYPE = new Set(["type", "enum", "const"]);

/**
 * Has a value, which is changed, fit where it does not: a text that is JSON of exactly the type
 * that is wanted is read, and null for a property that need not be there is left out. Nothing else.
 *
 * **Guarantees** each place is read once, and 64 of them; what is read within a union is kept only
 * when all of the value fits then.
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
    /** As it was before anything was read within a union. */
    let before:
      | { value: OwnJson; read: Map<string, string>; chosen: readonly Candidate[] }
      | undefined;
    let faults = this.#faults(this.#value);
    for (let pass = 0; pass < MOST_PASSES && faults.length > 0; pass += 1) {
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
    const issues = faults.slice(0, MOST_ISSUES).map(({ issue }) => issue());
    return { value: this.#value, read, issues };
  }

  readonly #spend = (text: string): void => {
    this.#characters += text.length;
    if (this.#characters > MOST_CHARACTERS_HERE && this.#options.steps !== Infinity) {
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
    const left = MOST_PLACES - this.#read.size;
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

  /** Reads the first place with which all of it fits. */
  #tryEach(candidates: readonly Candidate[]): readonly SchemaFault[] {
    for (const one of candidates.slice(0, MOST_TRIES)) {
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

/** The place is as wrong as it was, or is missed now; within a union each branch has its say. */
function isUnhelped({ path, key, as, isChoice }: Candidate, fault: SchemaFault): boolean {
  if (as !== "left out") return !isChoice && fault.path === path && OF_TYPE.has(fault.keyword);
  return fault.missing === key && fault.path === path.slice(0, path.lastIndexOf("/"));
}

/** The value with these places changed, in place where it is not the whole. */
function applied(value: OwnJson, candidates: readonly Candidate[]): OwnJson {
  let whole = value;
  for (const { path, key, as, value: told } of candidates) {
    // Each is put in once, and read on: another copy of it may be tried.
    const put = copyOf(told);
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
