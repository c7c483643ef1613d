import { clip } from "./clip.ts";

/** The characters of one print that are kept. */
export const MOST_PRINTED = 4_096;
/** Prints that may come at once, and how many may follow each second. */
const BURST = 50;
const PER_SECOND = 10;

/** What code on a host wrote to one of its outputs, in one piece. */
export interface Printed {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** Characters that were left out, of it and of what came before it, because it was too much. */
  readonly leftOut?: number;
}

/** True for what has the form of {@link Printed}: anybody's code can speak on its thread's port. */
export function isPrinted(value: unknown): value is Printed {
  if (typeof value !== "object" || value === null) return false;
  const { stream, text, leftOut = 0 } = value as Record<string, unknown>;
  const isStream = stream === "stdout" || stream === "stderr";
  const isCount = Number.isSafeInteger(leftOut) && (leftOut as number) >= 0;
  return isStream && typeof text === "string" && isCount;
}

/** A print on its way, with whoever wrote it where that is known. */
export interface PrintNote extends Printed {
  readonly path?: string;
  readonly incarnation?: number;
}

/**
 * Bounds what one place prints: pieces of 4,096 characters, fifty at once, ten a second.
 *
 * **Guarantees** what is left out is counted and told: by an empty piece as soon as something is,
 * and by the next piece that passes.
 */
export class PrintGate {
  #left = BURST;
  #at: number | undefined;
  #leftOut = 0;
  #isShut = false;

  /** @param now what has passed, in milliseconds */
  pass({ stream, text, leftOut = 0 }: Printed, now: number): Printed | undefined {
    const passedMs = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#left = Math.min(BURST, this.#left + (passedMs / 1_000) * PER_SECOND);
    const wasShut = this.#isShut;
    this.#isShut = this.#left < 1;
    const shown = this.#isShut ? "" : clip(text, MOST_PRINTED);
    this.#leftOut += leftOut + text.length - shown.length;
    if (this.#isShut && wasShut) return undefined;
    if (!this.#isShut) this.#left -= 1;
    const told = this.#leftOut === 0 ? {} : { leftOut: this.#leftOut };
    this.#leftOut = 0;
    return { stream, text: shown, ...told };
  }
}
