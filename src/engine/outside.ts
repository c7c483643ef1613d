import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import { decodeError, describe, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Input } from "./input.ts";

/** The time of a step, in milliseconds: by what passes, and by the date. */
export interface StepTime {
  readonly now: number;
  readonly wall: number;
}

/** What a step saw of the world when it looked, or was told when it asked. */
export interface Answer {
  readonly to: string;
  readonly value?: unknown;
  /** What it threw instead. */
  readonly threw?: WireError | Thrown;
}

/** What is no error of ours. */
interface Thrown {
  readonly name: string;
  readonly message: string;
}

/** All that a step depends on beside the state that it finds: plain data. */
export interface Row extends StepTime {
  /** Whose step it was: the path of a top-level agent. Left out: of the supervisor itself. */
  readonly run?: string;
  readonly input: Input;
  /** In the order in which it looked and asked. */
  readonly answers: readonly Answer[];
}

/**
 * The one port through which a step of a run looks at what is not of its run: at the world, and at
 * what all runs share.
 */
export interface Outside {
  /** Its steps were taken once before: nothing of them leaves, and none follows by itself. */
  readonly isReplay: boolean;
  /** When the supervisor was started. */
  readonly start: StepTime;
  /** A step begins, at this time. */
  begin(input: Input): StepTime;
  /** What the world says now, plain data. */
  look<Value>(to: string, look: () => Value): Value;
  /** What all runs share says now, plain data; asking may change it. */
  ask<Value>(to: string, ask: () => Value): Value;
  /** Changes what all runs share. */
  tell(change: () => void): void;
  /**
   * As {@link ask}, where a part of what is decided is the run's own.
   *
   * @param decide is given the answer in the request, as `given`, where it is known
   */
  decide<Request extends object, Value>(
    to: string,
    decide: (request: Request) => Value,
    request: Request,
  ): Value;
  /** @param run whose step it was */
  end(run: string | undefined): void;
}

/** The world itself. */
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

  ask<Value>(_to: string, ask: () => Value): Value {
    return ask();
  }

  tell(change: () => void): void {
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
    // Nothing of it is kept.
  }
}

/** The same, and each step is noted: a text of JSON, since what it says may change later. */
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
    const { plan: _made, ...said } = input as Input & { readonly plan?: unknown };
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

  ask<Value>(to: string, ask: () => Value): Value {
    return this.look(to, ask);
  }

  tell(change: () => void): void {
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

/** What was thrown then. */
export function thrownAgain(threw: WireError | Thrown): Error {
  if ("code" in threw) return decodeError(threw);
  const { name, message } = threw;
  return Object.assign(new Error(message), { name });
}
