import { clip } from "./clip.ts";

/** The most characters of one print that are kept. */
export const MAX_PRINTED = 4_096;
/** The most prints at once, and the most per second afterwards. */
const MAX_BURST = 50;
const MAX_PER_SECOND = 10;

/** A piece of output that code on a host wrote. */
export interface Printed {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** Characters left out of it and of the output before it, because there was too much. */
  readonly leftOut?: number;
}

/** True for a value of the form of {@link Printed}: any code can post on its thread's port. */
export function isPrinted(value: unknown): value is Printed {
  if (typeof value !== "object" || value === null) return false;
  const { stream, text, leftOut = 0 } = value as Record<string, unknown>;
  const isStream = stream === "stdout" || stream === "stderr";
  const isCount = Number.isSafeInteger(leftOut) && (leftOut as number) >= 0;
  return isStream && typeof text === "string" && isCount;
}

/** A print on its way, with its author if that is known. */
export interface PrintNote extends Printed {
  readonly path?: string;
  readonly incarnation?: number;
}

/**
 * Bounds the prints of one source: pieces of 4,096 characters, fifty at once, ten a second.
 *
 * **Guarantees** omitted characters are counted and reported: in an empty piece at the beginning of
 * an omission, and in the next piece that passes.
 */
export class PrintGate {
  #left = MAX_BURST;
  #at: number | undefined;
  #leftOut = 0;
  #isShut = false;

  /** @param now monotonic time in milliseconds */
  pass({ stream, text, leftOut = 0 }: Printed, now: number): Printed | undefined {
    const passedMs = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#left = Math.min(MAX_BURST, this.#left + (passedMs / 1_000) * MAX_PER_SECOND);
    const wasShut = this.#isShut;
    this.#isShut = this.#left < 1;
    const shown = this.#isShut ? "" : clip(text, MAX_PRINTED);
    this.#leftOut += leftOut + text.length - shown.length;
    if (this.#isShut && wasShut) return undefined;
    if (!this.#isShut) this.#left -= 1;
    const omitted = this.#leftOut === 0 ? {} : { leftOut: this.#leftOut };
    this.#leftOut = 0;
    return { stream, text: shown, ...omitted };
  }
}
