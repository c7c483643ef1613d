import { clip } from "./clip.ts";

/** The most characters of a path; a longer one is cut at its end. */
const MAX_PATH = 200;

/** The part of a bound that a value exceeds. */
export type Excess = "depth" | "values" | "bytes" | "containers";

/** The reason of a refusal. */
export interface RefusalReason {
  readonly reason: string;
  readonly advice: string;
  readonly excess?: Excess;
}

/** A refusal of a value that cannot be kept or sent: the place in it, and advice. */
export class JsonRefusal extends TypeError {
  /** A JSON Pointer to the place; empty for the value itself. */
  readonly path: string;
  /** The reason without a subject: "nests deeper than 200 levels". */
  readonly reason: string;
  /**
   * The part of the bound that the whole value exceeds; undefined when a single value is at fault.
   */
  readonly excess: Excess | undefined;

  constructor(keys: readonly (string | number)[], { reason, advice, excess }: RefusalReason) {
    const whole = keys.map((key) => `/${typeof key === "string" ? clip(key, MAX_PATH) : key}`);
    const path = clip(whole.join(""), MAX_PATH).toWellFormed();
    const subject = excess !== undefined || path === "" ? "it" : `its value at ${path}`;
    super(`${subject} ${reason}; ${advice}`);
    this.path = path;
    this.excess = excess;
    this.reason = reason;
  }
}
