import { clip } from "./clip.ts";

/** Longer paths are cut at their end. */
const MOST_PATH = 200;

/** What of a value is over its bound. */
export type Excess = "depth" | "values" | "bytes" | "containers";

/** Why something is refused. */
export interface RefusalReason {
  readonly reason: string;
  readonly advice: string;
  readonly excess?: Excess;
}

/** Why a value is none that can be kept or sent: where in it, and what to do about it. */
export class JsonRefusal extends TypeError {
  /** A JSON Pointer to where it was seen; empty for the value itself. */
  readonly path: string;
  /** Without its subject: "nests deeper than 200 levels". */
  readonly reason: string;
  /** Where there is too much of the whole value, and not one in it wrong: of what. */
  readonly excess: Excess | undefined;

  constructor(keys: readonly (string | number)[], { reason, advice, excess }: RefusalReason) {
    const whole = keys.map((key) => `/${typeof key === "string" ? clip(key, MOST_PATH) : key}`);
    const path = clip(whole.join(""), MOST_PATH).toWellFormed();
    const subject = excess !== undefined || path === "" ? "it" : `its value at ${path}`;
    super(`${subject} ${reason}; ${advice}`);
    this.path = path;
    this.excess = excess;
    this.reason = reason;
  }
}
