import type { RE2JS } from "re2js";
import { type PatternForm, readPattern } from "../../wire/pattern.ts";
import { onFirstUse } from "./first-use.ts";

const re2js = onFirstUse<typeof import("re2js")>("re2js", () => require("re2js"));

/** A check that would block this thread for too long. */
export class TooMuchWork extends Error {}

/**
 * The most steps, of about two nanoseconds each, of a native expression; beyond them RE2 is used.
 */
const MAX_STEPS = 200_000;
/**
 * The most states that RE2 is assumed to build: it compiles an expression to an automaton, whose
 * states it finds while it reads.
 */
const MAX_STATES = 10_000;
const STEPS_A_PLACE = 75;
const STEPS_A_CHARACTER = 45;
/**
 * The largest expression for RE2 on this thread, and on any: a larger one takes long to compile.
 */
const LARGEST_LINEAR_HERE = 100;
const LARGEST_LINEAR = 1_000;
/** Steps to begin a test. */
const STEPS_A_TEST = 20;

/**
 * The engine for patterns in schemas: `RegExp` where it cannot take long, otherwise RE2, which
 * takes time in proportion to the text. A test that neither can run within the allowed steps throws
 * `TooMuchWork`.
 */
export class PatternEngine {
  #left = Number.POSITIVE_INFINITY;

  /** Sets the steps, of about two nanoseconds each, that are allowed from now on. */
  allow(steps: number): void {
    this.#left = steps;
  }

  /** The replacement of `RegExp` for ajv. */
  readonly regExp = Object.assign((pattern: string) => this.#compile(pattern), { code: "" });

  #compile(pattern: string) {
    const form = readPattern(pattern);
    // Throws for an invalid expression, as it should.
    const native = new RegExp(pattern, "u");
    let linear: RE2JS | undefined;
    const test = (text: string): boolean => {
      const steps = form.steps(text.length);
      if (steps <= MAX_STEPS) {
        this.#spend(steps + STEPS_A_TEST);
        return native.test(text);
      }
      const largest = this.#left === Infinity ? LARGEST_LINEAR : LARGEST_LINEAR_HERE;
      if (form.size <= largest) linear ??= linearOf(form);
      if (linear !== undefined && this.#left > linearSteps(form, text)) {
        this.#spend(linearSteps(form, text));
        return linear.test(text);
      }
      this.#spend(steps);
      return native.test(text);
    };
    return {
      test,
      exec: (text: string) => (test(text) ? [text] : null),
      toString: () => `${native}`,
    };
  }

  #spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new TooMuchWork("its patterns take too long");
  }
}

function linearSteps({ size }: PatternForm, text: string): number {
  const states = Math.min(text.length, 2 ** size, MAX_STATES);
  return text.length * STEPS_A_CHARACTER + states * size * STEPS_A_PLACE;
}

function linearOf({ linear }: PatternForm): RE2JS | undefined {
  if (linear === undefined) return undefined;
  const { RE2JS: engine, RE2JSException } = re2js();
  try {
    return engine.compile(linear);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}
