import type { Clock } from "../wire/clock.ts";
import type { Input } from "./input.ts";

/** The time of a step, in milliseconds: by what passes, and by the date. */
export interface StepTime {
  readonly now: number;
  readonly wall: number;
}

/** What a step saw of the world when it looked. */
export interface Answer {
  readonly to: string;
  readonly value?: unknown;
}

/** All that a step depends on beside the state that it finds: plain data. */
export interface Row extends StepTime {
  readonly input: Input;
  /** In the order in which it looked. */
  readonly answers: readonly Answer[];
}

/** The one port through which a step looks at the world while it decides. */
export interface Outside {
  /** Its steps were taken once before: nothing of them leaves, and none follows by itself. */
  readonly isReplay: boolean;
  /** When the supervisor was started. */
  readonly start: StepTime;
  /** A step begins, at this time. */
  begin(input: Input): StepTime;
  /** What the world says now, plain data. */
  look<Value>(to: string, look: () => Value): Value;
  end(): void;
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

  end(): void {
    // Nothing of it is kept.
  }
}

/** The same, and each step is noted: a text of JSON, since what it says may change later. */
export class Noted implements Outside {
  readonly isReplay = false;
  readonly #present: Present;
  readonly #keep: (row: string) => void;
  #head = "";
  #answers: string[] = [];

  constructor(clock: Clock, keep: (row: string) => void) {
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
    const value = look();
    this.#answers.push(JSON.stringify({ to, value }));
    return value;
  }

  end(): void {
    this.#keep(`${this.#head},"answers":[${this.#answers.join(",")}]}`);
  }
}
