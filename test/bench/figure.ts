/** One number that the bench measures, and what it should be. */
export interface Figure {
  /** What the filter of the command line looks at. */
  readonly name: string;
  /** What exactly is measured. */
  readonly what: string;
  readonly unit: string;
  readonly target?: Target;
  /** Where one takes long: how many are measured, without one to warm up. */
  readonly rounds?: number;
  /** Everything that is not to be measured. */
  prepare(size: Size): Promise<Prepared>;
}

export interface Prepared extends AsyncDisposable {
  /** Measures once. */
  round(): Promise<number>;
}

/** At most, or at least, this; never asserted, because machines differ. */
export type Target = { readonly most: number } | { readonly least: number };

/** `quick` is a tenth of the work, for a first look: its figures meet or miss no target. */
export type Size = "full" | "quick";

export function sized(full: number, size: Size): number {
  return size === "full" ? full : Math.ceil(full / 10);
}

/** Milliseconds that something takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

/** Fails the bench when what was measured is not what was meant. */
export function expectAll(what: string, found: number, meant: number): void {
  if (found !== meant) throw new Error(`${what}: ${found} instead of ${meant}`);
}

export function median(found: readonly number[]): number {
  return found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
}

export function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
