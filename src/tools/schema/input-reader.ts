import type { Json, JsonSchema } from "../../wire/json.ts";
import { type CompiledSchema, compileSchema, type InputIssue } from "./compiled-schema.ts";
import { fitInput, MOST_CHECKS, type ReadPlace } from "./fit-input.ts";
import { TooMuchWork } from "./pattern-engine.ts";
import { SchemaWork, type ValueSize } from "./schema-work.ts";
import { type Measured, measuredCopy, type OwnJson } from "./value-copy.ts";

export type ReadInput =
  | {
      readonly valid: true;
      /** What the tool is given; nobody else holds it. */
      readonly value: unknown;
      /** The same as JSON, for whoever decides on it. */
      readonly view: Json;
      /** Where it was read as what was meant. */
      readonly read: readonly ReadPlace[];
    }
  | { readonly valid: false; readonly issues: readonly InputIssue[] };

/** A reading for another thread. */
export interface AsideTask {
  readonly schema: JsonSchema;
  readonly input: Json;
}

/** Reads an input on another thread, which may take as long as it wants. */
export type Aside = (task: AsideTask) => Promise<ReadInput>;

/**
 * Reads an input as its schema has it. With `aside`, what could hold this thread goes there.
 */
export type InputReader = (input: Json, aside?: Aside) => ReadInput | Promise<ReadInput>;

/** Checks, of about ten nanoseconds, that may be made here. */
const MOST_CHECKS_HERE = 1_000_000;
/** Steps of patterns, of about two nanoseconds, that may be taken here. */
const MOST_STEPS_HERE = 4_000_000;
/** A larger schema takes long to compile. */
export const MOST_SCHEMAS_HERE = 50;

/** Reads inputs by a schema of 2020-12, as `modernSchema` writes it. */
export class JsonReader {
  readonly #schema: JsonSchema;
  readonly #work: SchemaWork;
  #compiled: CompiledSchema | undefined;

  constructor(schema: JsonSchema, compiled?: CompiledSchema) {
    this.#schema = schema;
    this.#work = new SchemaWork(schema);
    this.#compiled = compiled;
  }

  readonly read: InputReader = (input, aside) => {
    const measured = measuredCopy(input);
    if (measured.isTooDeep) return tooDeep;
    if (aside === undefined) return this.readAtOnce(measured.copy);
    return this.#readHere(measured) ?? aside({ schema: this.#schema, input });
  };

  /** Reads one that nobody else holds, however long it takes. */
  readAtOnce(value: OwnJson): ReadInput {
    const check = this.#check;
    return check.fits(value, Infinity) ? fitting(value) : fitted(check, value, Infinity);
  }

  /**
   * Has a value fit at these places, as far as it can here; undefined where it takes too long.
   */
  fitHere(
    value: Json,
    mayRead: (path: string) => boolean,
  ): ReturnType<typeof fitInput> | undefined {
    const { copy, ...size } = measuredCopy(value);
    if (!this.#mayCompile || !this.#isLight(size, MOST_CHECKS)) return undefined;
    const steps = MOST_STEPS_HERE / MOST_CHECKS;
    return orTooMuch(() => fitInput(this.#check, copy, { steps, mayRead }));
  }

  #readHere({ copy, ...size }: Measured): ReadInput | undefined {
    if (!this.#mayCompile || !this.#isLight(size, 1)) return undefined;
    const check = this.#check;
    return orTooMuch(() => {
      if (check.fits(copy, MOST_STEPS_HERE)) return fitting(copy);
      const steps = MOST_STEPS_HERE / MOST_CHECKS;
      return this.#isLight(size, MOST_CHECKS) ? fitted(check, copy, steps) : undefined;
    });
  }

  get #check(): CompiledSchema {
    this.#compiled ??= compileSchema(this.#schema);
    return this.#compiled;
  }

  get #mayCompile(): boolean {
    return this.#compiled !== undefined || this.#work.schemas <= MOST_SCHEMAS_HERE;
  }

  #isLight(size: ValueSize, times: number): boolean {
    return this.#work.of(size) * times <= MOST_CHECKS_HERE;
  }
}

export const tooDeep: ReadInput = {
  valid: false,
  issues: [{ path: "", message: "must not nest deeper than 200 levels" }],
};

function fitting(value: OwnJson): ReadInput {
  return { valid: true, value, view: value, read: [] };
}

function fitted(check: CompiledSchema, given: OwnJson, steps: number): ReadInput {
  const { value, read, issues } = fitInput(check, given, { steps });
  return issues.length > 0 ? { valid: false, issues } : { valid: true, value, view: value, read };
}

function orTooMuch<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TooMuchWork) return undefined;
    throw error;
  }
}
