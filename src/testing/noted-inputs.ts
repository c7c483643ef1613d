import { Noted, type Outside, type StepTime } from "../engine/outside.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { Clock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";
import { replayed } from "./replay.ts";
import { difference, wholeState } from "./whole-state.ts";

/** All that happened to one supervisor, as texts, and what it came to on the way. */
export class NotedInputs {
  readonly #options: SupervisorOptions;
  readonly #onLaunched: ((swarm: Swarm) => void) | undefined;
  readonly #rows: string[] = [];
  /** What was so after so many rows. */
  readonly #states = new Map<number, unknown>();
  #start: StepTime = { now: 0, wall: 0 };
  /** Whose inputs they are. */
  swarm: Swarm | undefined;

  constructor(options: SupervisorOptions, onLaunched?: (swarm: Swarm) => void) {
    this.#options = options;
    this.#onLaunched = onLaunched;
  }

  /** What its steps look at. */
  readonly outside = (clock: Clock): Outside => {
    const noted = new Noted(clock, (row) => this.#rows.push(row));
    this.#start = noted.start;
    return noted;
  };

  /** Notes the state that the inputs so far must lead to again. */
  note(): void {
    this.#states.set(this.#rows.length, wholeState(this.swarm as Swarm));
  }

  /** Where a new supervisor that is given the same inputs does not come to the same. */
  async wrongAgain(): Promise<string | undefined> {
    await using again = await replayed(this.#options, this.#start, this.#onLaunched);
    for (const [at, row] of this.#rows.entries()) {
      try {
        again.take(row);
      } catch (thrown) {
        return describe(thrown);
      }
      const state = this.#states.get(at + 1);
      const wrong = state && difference(state, wholeState(again.swarm));
      if (wrong !== undefined) return `after ${at + 1} inputs ${wrong}`;
    }
    return undefined;
  }
}
