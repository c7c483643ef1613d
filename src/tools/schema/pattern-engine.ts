import type { RE2JS } from "re2js";
import { type PatternForm, readPattern } from "../../wire/pattern.ts";
import { onFirstUse } from "./first-use.ts";

const re2js = onFirstUse<typeof import("re2js")>("re2js", () => require("re2js"));

/** It would hold the thread for too long, here. */
export class TooMuchWork extends Error {}

/** More steps than this, about two nanoseconds each, and an expression is left to RE2. */
const MOST_STEPS = 200_000;
/** RE2 makes a machine of an expression, whose states it finds while it reads. */
const MOST_STATES = 10_000;
const STEPS_A_PLACE = 75;
const STEPS_A_CHARACTER = 45;
/** A larger one takes long to be made a machine of, here and anywhere. */
const LARGEST_LINEAR_HERE = 100;
const LARGEST_LINEAR = 1_000;
/** To begin at all. */
const STEPS_A_TEST = 20;

/**
 * The engine of the patterns in schemas: `RegExp` where it cannot take long, else RE2, which takes
 * time in proportion to the text; what neither can do, or not within `allowed` steps, is too much.
 */
export class PatternEngine {
  #left = Number.POSITIVE_INFINITY;

  /** Sets the steps, of about two nanoseconds, that are allowed from now on. */
  allow(steps: number): void {
    this.#left = steps;
  }

  /** What ajv takes in the place of `RegExp`. */
  readonly regExp = Object.assign((pattern: string) => this.#compile(pattern), { code: "" });

  #compile(pattern: string) {
    const form = readPattern(pattern);
    // Fails where it is none, as it should.
    const native = new RegExp(pattern, "u");
    let linear: RE2JS | undefined;
    const test = (text: string): boolean => {
      const steps = form.steps(text.length);
      if (steps <= MOST_STEPS) {
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
  const states = Math.min(text.length, 2 ** size, MOST_STATES);
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
