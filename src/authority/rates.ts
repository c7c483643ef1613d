import { compileGlob } from "../../machines/glob.ts";
import { CoppiceError } from "../errors.ts";
import { TokenBucket } from "../kernel/token-bucket.ts";
import { describe } from "../wire/error-codec.ts";

/** The rate at which calls may begin: `burst` at once, then `perSecond`. */
export interface Rate {
  /** 0.001 to 1,000,000; 0.5 is one in two seconds. */
  readonly perSecond: number;
  /** Whole, at least 1. Default: one second's worth, rounded up. */
  readonly burst?: number;
  /** Calls that may wait; one more is refused `QUEUE_FULL`. Default 10_000. */
  readonly queue?: number;
}

/** Rates by the subjects that share them: `tool:fs/*`, `model:anthropic:*`. All matches apply. */
export type RateOptions = { readonly [pattern: string]: Rate };

export type RateAnswer =
  | { readonly status: "granted" | "waiting" }
  | { readonly status: "refused"; readonly error: CoppiceError };

interface Bucket {
  readonly pattern: string;
  readonly matches: (subject: string) => boolean;
  readonly tokens: TokenBucket;
  readonly most: number;
  /** The calls that wait for it, oldest first. */
  readonly queue: Waiting[];
}

interface Waiting {
  readonly callId: string;
  /** The buckets it waits for. It is in the queue of each, and begins when it is first in all. */
  readonly buckets: readonly Bucket[];
}

const DEFAULT_QUEUE = 10_000;
const FIELDS = ["perSecond", "burst", "queue"];

/**
 * The rates at which tools and models may begin. Pure: the time is an argument.
 *
 * **Guarantees** first come, first served between calls that share a rate; no call waits while all
 * that it needs is available and no older call needs any of it.
 * **Fails with** `OPTIONS_INVALID` from the constructor.
 */
export class Rates {
  readonly #buckets: readonly Bucket[];
  readonly #bySubject = new Map<string, readonly Bucket[]>();
  readonly #waiting = new Map<string, Waiting>();

  constructor(rates: RateOptions = {}) {
    if (typeof rates !== "object" || rates === null || Array.isArray(rates)) {
      throw invalid("rates", rates, "must be an object of rates by subject");
    }
    this.#buckets = Object.entries(rates).map(([pattern, rate]) => bucketOf(pattern, rate));
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    return this.#buckets.map(({ tokens, queue }) => {
      return { tokens, queue: queue.map(({ callId }) => callId) };
    });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Returns the time, in milliseconds, at which the next waiting call may begin. */
  get next(): number | undefined {
    let next: number | undefined;
    for (const { queue } of this.#buckets) {
      const [first] = queue;
      if (first === undefined || !isFirst(first)) continue;
      const at = readyAt(first.buckets);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** True when a rate bounds a subject. */
  holdFor(subject: string): boolean {
    return this.#of(subject).length > 0;
  }

  /** Takes a token of each rate that applies to a subject, or queues the call for them. */
  admit(callId: string, subject: string, now: number): RateAnswer {
    const buckets = this.#of(subject);
    if (buckets.every(({ queue }) => queue.length === 0) && readyAt(buckets) <= now) {
      for (const { tokens } of buckets) tokens.take(now);
      return { status: "granted" };
    }
    const full = buckets.find(({ queue, most }) => queue.length >= most);
    if (full !== undefined) return { status: "refused", error: tooMany(full, subject) };
    const waiting = { callId, buckets };
    this.#waiting.set(callId, waiting);
    for (const { queue } of buckets) queue.push(waiting);
    return { status: "waiting" };
  }

  /** Removes a call from every queue. */
  withdraw(callId: string): void {
    const waiting = this.#waiting.get(callId);
    if (waiting !== undefined) this.#leave(waiting);
  }

  /** Returns the waiting calls that may begin now, in their order; each has taken its tokens. */
  take(now: number): string[] {
    const gone: string[] = [];
    for (let before = -1; before < gone.length; ) {
      before = gone.length;
      for (const { queue } of this.#buckets) {
        for (let first = queue[0]; first !== undefined; first = queue[0]) {
          if (!isFirst(first) || readyAt(first.buckets) > now) break;
          this.#leave(first);
          for (const { tokens } of first.buckets) tokens.take(now);
          gone.push(first.callId);
        }
      }
    }
    return gone;
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting.callId);
    for (const { queue } of waiting.buckets) queue.splice(queue.indexOf(waiting), 1);
  }

  /** Returns the buckets of a subject; there are as many subjects as tools and models in specs. */
  #of(subject: string): readonly Bucket[] {
    if (this.#buckets.length === 0) return this.#buckets;
    let buckets = this.#bySubject.get(subject);
    if (buckets === undefined) {
      buckets = this.#buckets.filter(({ matches }) => matches(subject));
      this.#bySubject.set(subject, buckets);
    }
    return buckets;
  }
}

function isFirst(waiting: Waiting): boolean {
  return waiting.buckets.every(({ queue }) => queue[0] === waiting);
}

function readyAt(buckets: readonly Bucket[]): number {
  let at = Number.NEGATIVE_INFINITY;
  for (const { tokens } of buckets) at = Math.max(at, tokens.readyAt);
  return at;
}

function bucketOf(pattern: string, rate: Rate): Bucket {
  const at = `rates["${pattern}"]`;
  if (!/^(tool|model):./.test(pattern)) {
    throw invalid(at, pattern, "must name subjects that begin with tool: or model:");
  }
  if (typeof rate !== "object" || rate === null || Array.isArray(rate)) {
    throw invalid(at, rate, "must have `perSecond`");
  }
  const stray = Object.keys(rate).find((field) => !FIELDS.includes(field));
  if (stray !== undefined) throw invalid(at, stray, `may only have ${FIELDS.join(", ")}`);
  const { perSecond, queue: most = DEFAULT_QUEUE } = rate;
  if (typeof perSecond !== "number" || !(perSecond >= 0.001 && perSecond <= 1_000_000)) {
    throw invalid(`${at}.perSecond`, perSecond, "must be a number from 0.001 to 1,000,000");
  }
  const { burst = Math.ceil(perSecond) } = rate;
  if (!isCount(burst, 1)) throw invalid(`${at}.burst`, burst, "must be a whole number from 1");
  if (!isCount(most, 0)) throw invalid(`${at}.queue`, most, "must be a whole number from 0");
  const tokens = new TokenBucket(perSecond, burst);
  return { pattern, matches: compileGlob(pattern), tokens, most, queue: [] };
}

function isCount(value: unknown, least: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= 1_000_000;
}

function tooMany({ pattern, most }: Bucket, subject: string): CoppiceError {
  const message = `${most} calls already wait for the rate of "${pattern}"`;
  return new CoppiceError("QUEUE_FULL", message, { pattern, queue: most, subject });
}

function invalid(option: string, value: unknown, what: string): CoppiceError {
  const message = `\`${option}\` ${what}, and ${describe(value)} was given`;
  return new CoppiceError("OPTIONS_INVALID", message, { option });
}
