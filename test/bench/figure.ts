/** One number that the bench measures, and what it should be. */
export interface Figure {
  /** What the filter of the command line looks at. */
  readonly name: string;
  /** What exactly is measured. */
  readonly what: string;
  readonly unit: string;
  /** What has one stands in the table of goals: a ratio of one run, wherever it can be one. */
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

/** The tenth, fiftieth and ninetieth percentile of what rounds found. */
export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

const WARM_UP_ROUNDS = 2;

/** Measures a figure in so many rounds, or in as many as it has itself, if those are fewer. */
export async function measure(figure: Figure, size: Size, rounds: number): Promise<Spread> {
  await using prepared = await figure.prepare(size);
  const warmUp = figure.rounds === undefined ? WARM_UP_ROUNDS : 0;
  for (let n = 0; n < warmUp; n += 1) await prepared.round();
  const found: number[] = [];
  const many = Math.min(rounds, figure.rounds ?? rounds);
  for (let n = 0; n < many; n += 1) found.push(await prepared.round());
  return spreadOf(found);
}

export function spreadOf(found: readonly number[]): Spread {
  const sorted = found.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { p10: at(0.1), median: at(0.5), p90: at(0.9) };
}

/** The middle, and what lies around it. */
export function shownSpread({ p10, median, p90 }: Spread): string {
  return `${shown(median)} (${shown(p10)} to ${shown(p90)})`;
}

export function shownTarget(target: Target): string {
  return "most" in target ? `at most ${shown(target.most)}` : `at least ${shown(target.least)}`;
}

export function isMet(found: number, target: Target): boolean {
  return factorOf(found, target) <= 1;
}

/** Met, or missed by how much; who has just missed it has not missed it by a factor of 1.00. */
export function verdict(found: number, target: Target): string {
  const factor = factorOf(found, target);
  if (factor <= 1) return "met";
  if (!Number.isFinite(factor)) return "missed";
  return `missed by a factor of ${Math.max(factor, 1.01).toFixed(factor < 1.1 ? 2 : 1)}`;
}

function factorOf(found: number, target: Target): number {
  return "most" in target ? found / target.most : target.least / found;
}

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

export async function nothingKept(): Promise<void> {
  // Nothing is kept between rounds.
}

export function shown(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}
