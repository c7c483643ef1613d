import type { Json, JsonSchema } from "../../wire/json.ts";
import { type CompiledSchema, compileSchema, type InputIssue } from "./compiled-schema.ts";
import { fitInput, MAX_CHECKS, type ReadPlace } from "./fit-input.ts";
import { TooMuchWork } from "./pattern-engine.ts";
import { SchemaWork, type ValueSize } from "./schema-work.ts";
import { type Measured, measuredCopy, type OwnJson } from "./value-copy.ts";

export type ReadInput =
  | {
      readonly valid: true;
      /** The value for the tool; it has no other owner. */
      readonly value: unknown;
      /** The same as JSON, for the layers that decide on it. */
      readonly view: Json;
      /** The places that were read as the value that was meant. */
      readonly read: readonly ReadPlace[];
    }
  | { readonly valid: false; readonly issues: readonly InputIssue[] };

/** A read to be done on another thread. */
export interface AsideTask {
  readonly schema: JsonSchema;
  readonly input: Json;
}

/** Reads an input on another thread, where it may take as long as it needs. */
export type Aside = (task: AsideTask) => Promise<ReadInput>;

/**
 * Reads an input by its schema. With `aside`, a read that could block this thread is done there.
 */
export type InputReader = (input: Json, aside?: Aside) => ReadInput | Promise<ReadInput>;

/** The most checks, of about ten nanoseconds each, on this thread. */
const MAX_CHECKS_HERE = 1_000_000;
/** The most pattern steps, of about two nanoseconds each, on this thread. */
const MAX_STEPS_HERE = 4_000_000;
/** The most subschemas of a schema compiled on this thread: a larger one takes long. */
export const MAX_SCHEMAS_HERE = 50;

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

  /** Reads a value that has no other owner, however long it takes. */
  readAtOnce(value: OwnJson): ReadInput {
    const check = this.#check;
    return check.fits(value, Infinity) ? fitting(value) : fitted(check, value, Infinity);
  }

  /**
   * Makes a value fit at these places, within the bounds of this thread; undefined when it takes
   * too long.
   */
  fitHere(
    value: Json,
    mayRead: (path: string) => boolean,
  ): ReturnType<typeof fitInput> | undefined {
    const { copy, ...size } = measuredCopy(value);
    if (!this.#mayCompile || !this.#isLight(size, MAX_CHECKS)) return undefined;
    const steps = MAX_STEPS_HERE / MAX_CHECKS;
    return orTooMuch(() => fitInput(this.#check, copy, { steps, mayRead }));
  }

  #readHere({ copy, ...size }: Measured): ReadInput | undefined {
    if (!this.#mayCompile || !this.#isLight(size, 1)) return undefined;
    const check = this.#check;
    return orTooMuch(() => {
      if (check.fits(copy, MAX_STEPS_HERE)) return fitting(copy);
      const steps = MAX_STEPS_HERE / MAX_CHECKS;
      return this.#isLight(size, MAX_CHECKS) ? fitted(check, copy, steps) : undefined;
    });
  }

  get #check(): CompiledSchema {
    this.#compiled ??= compileSchema(this.#schema);
    return this.#compiled;
  }

  get #mayCompile(): boolean {
    return this.#compiled !== undefined || this.#work.schemas <= MAX_SCHEMAS_HERE;
  }

  #isLight(size: ValueSize, times: number): boolean {
    return this.#work.of(size) * times <= MAX_CHECKS_HERE;
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
