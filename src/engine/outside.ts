import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import { decodeError, describe, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Input } from "./input.ts";

/** The time of a step in milliseconds: `now` for durations, `wall` for the date. */
export interface StepTime {
  readonly now: number;
  readonly wall: number;
}

/** One look of a step at the world, or the answer to one query of it. */
export interface Answer {
  readonly to: string;
  readonly value?: unknown;
  /** The error that was thrown instead. */
  readonly threw?: WireError | Thrown;
}

/** An error that is not a {@link CoppiceError}. */
interface Thrown {
  readonly name: string;
  readonly message: string;
}

/** Everything that a step depends on beside the state that it finds: plain data. */
export interface Row extends StepTime {
  /** The run's top-level agent, by its path. Left out for a step of the supervisor itself. */
  readonly run?: string;
  readonly input: Input;
  /** The answers in the order in which the step looked and asked. */
  readonly answers: readonly Answer[];
}

/**
 * The only port through which a step of a run sees what is not part of the run: the world, and the
 * state that all runs share.
 */
export interface Outside {
  /** True for steps that were taken before: nothing is published, and no step follows by itself. */
  readonly isReplay: boolean;
  /** The time at which the supervisor was started. */
  readonly start: StepTime;
  /** Begins a step, and returns its time. */
  begin(input: Input): StepTime;
  /** Looks at the world; the value is plain data. */
  look<Value>(to: string, look: () => Value): Value;
  /** Asks the state that all runs share, which may change it; the value is plain data. */
  query<Value>(to: string, ask: () => Value): Value;
  /** Changes the state that all runs share. */
  update(change: () => void): void;
  /**
   * As {@link query}, for a decision that also changes the run's own state.
   *
   * @param decide gets the noted answer in the request, as `given`, when a run is replayed alone
   */
  decide<Request extends object, Value>(
    to: string,
    decide: (request: Request) => Value,
    request: Request,
  ): Value;
  /**
   * Ends a step.
   *
   * @param run the run of the step; undefined for a step of the supervisor itself
   */
  end(run: string | undefined): void;
}

/** The live world, of which nothing is noted. */
export class Present implements Outside {
  readonly isReplay = false;
  readonly start: StepTime;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.start = { now: clock.now(), wall: clock.wall() };
  }

  begin(_input: Input): StepTime {
    return { now: this.#clock.now(), wall: this.#clock.wall() };
  }

  look<Value>(_to: string, look: () => Value): Value {
    return look();
  }

  query<Value>(_to: string, ask: () => Value): Value {
    return ask();
  }

  update(change: () => void): void {
    change();
  }

  decide<Request, Value>(
    _to: string,
    decide: (request: Request) => Value,
    request: Request,
  ): Value {
    return decide(request);
  }

  end(): void {
    // Nothing is noted.
  }
}

/** The live world, with each step noted as a JSON text, because its objects may change later. */
export class Noted implements Outside {
  readonly isReplay = false;
  readonly #present: Present;
  readonly #keep: (row: string, run: string | undefined) => void;
  #head = "";
  #answers: string[] = [];

  constructor(clock: Clock, keep: (row: string, run: string | undefined) => void) {
    this.#present = new Present(clock);
    this.#keep = keep;
  }

  get start(): StepTime {
    return this.#present.start;
  }

  begin(input: Input): StepTime {
    const time = this.#present.begin(input);
    const { resolved: _made, ...said } = input as Input & { readonly resolved?: unknown };
    this.#head = JSON.stringify({ ...time, input: said }).slice(0, -1);
    this.#answers = [];
    return time;
  }

  look<Value>(to: string, look: () => Value): Value {
    try {
      const value = look();
      this.#answers.push(JSON.stringify({ to, value }));
      return value;
    } catch (thrown) {
      this.#answers.push(JSON.stringify({ to, threw: noted(thrown) }));
      throw thrown;
    }
  }

  query<Value>(to: string, ask: () => Value): Value {
    return this.look(to, ask);
  }

  update(change: () => void): void {
    change();
  }

  decide<Request, Value>(to: string, decide: (request: Request) => Value, request: Request): Value {
    return this.look(to, () => decide(request));
  }

  end(run: string | undefined): void {
    const whose = run === undefined ? "" : `,"run":${JSON.stringify(run)}`;
    this.#keep(`${this.#head}${whose},"answers":[${this.#answers.join(",")}]}`, run);
  }
}

function noted(thrown: unknown): WireError | Thrown {
  if (thrown instanceof CoppiceError) return encodeError(thrown, thrown.code);
  const { name, message } = thrown instanceof Error ? thrown : new Error(describe(thrown));
  return { name, message };
}

/** Returns the error that was thrown when the step was noted. */
export function thrownAgain(threw: WireError | Thrown): Error {
  if ("code" in threw) return decodeError(threw);
  const { name, message } = threw;
  return Object.assign(new Error(message), { name });
}
