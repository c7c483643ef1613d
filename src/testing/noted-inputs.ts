import { Noted, type Outside, type StepTime } from "../engine/outside.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { Clock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";
import { type Replayed, replayed } from "./replay.ts";
import { difference, type RunState, runState, wholeState } from "./whole-state.ts";

interface NotedRow {
  readonly text: string;
  readonly run: string | undefined;
  /** The facts that its step told: from this number on, up to that. */
  readonly from: number;
  readonly last: number;
}

/** What was so after so many rows. */
interface NotedState {
  readonly whole: unknown;
  readonly runs: ReadonlyMap<string, RunState>;
}

/** All that happened to one supervisor, as texts, and what it came to on the way. */
export class NotedInputs {
  readonly #options: SupervisorOptions;
  readonly #onLaunched: ((swarm: Swarm) => void) | undefined;
  readonly #rows: NotedRow[] = [];
  readonly #states = new Map<number, NotedState>();
  #start: StepTime = { now: 0, wall: 0 };
  #swarm: Swarm | undefined;
  /** The newest fact, as the last step left it. */
  #told = 0;

  constructor(options: SupervisorOptions, onLaunched?: (swarm: Swarm) => void) {
    this.#options = options;
    this.#onLaunched = onLaunched;
  }

  /** @param swarm whose inputs they are */
  set swarm(swarm: Swarm) {
    this.#swarm = swarm;
    this.#told = swarm.log.last;
  }

  /** What its steps look at. */
  readonly outside = (clock: Clock): Outside => {
    const noted = new Noted(clock, (text, run) => {
      const last = this.#swarm?.log.last ?? 0;
      this.#rows.push({ text, run, from: this.#told + 1, last });
      this.#told = last;
    });
    this.#start = noted.start;
    return noted;
  };

  /** Notes the state that the inputs so far must lead to again. */
  note(): void {
    const swarm = this.#swarm as Swarm;
    const owners = new Map<number, string | undefined>();
    for (const { run, from, last } of this.#rows) {
      for (let seq = from; seq <= last; seq += 1) owners.set(seq, run);
    }
    const stateOf = (path: string) => runState(swarm, path, (seq) => owners.get(seq) === path);
    const runs = new Map([...swarm.runs.paths].map((path) => [path, stateOf(path)]));
    this.#states.set(this.#rows.length, { whole: wholeState(swarm), runs });
  }

  /** Where a new supervisor that is given the same inputs does not come to the same. */
  async wrongAgain(): Promise<string | undefined> {
    await using again = await this.#replayed(false);
    return this.#wrongIn(again, this.#rows, (at) => {
      const state = this.#states.get(at);
      return state === undefined ? undefined : difference(state.whole, wholeState(again.swarm));
    });
  }

  /** Where one that is given the inputs of one run alone does not come to that run's state. */
  async wrongAlone(): Promise<string | undefined> {
    const runs = new Set(this.#rows.flatMap(({ run }) => (run === undefined ? [] : [run])));
    for (const run of runs) {
      const wrong = await this.#wrongOf(run);
      if (wrong !== undefined) return `${run} alone: ${wrong}`;
    }
    return undefined;
  }

  async #wrongOf(run: string): Promise<string | undefined> {
    await using again = await this.#replayed(true);
    const { last: before } = again.swarm.log;
    const rows = this.#rows.map((row) => (row.run === run ? row : undefined));
    return this.#wrongIn(again, rows, (at) => {
      const state = this.#states.get(at)?.runs.get(run);
      if (state === undefined) return undefined;
      const { facts, ...now } = runState(again.swarm, run, (seq) => seq > before);
      // Alone it is let go of nothing: of what was kept then they are the newest.
      const left = facts.slice(facts.length - state.facts.length);
      return difference(state, { ...now, facts: left });
    });
  }

  #replayed(isAlone: boolean): Promise<Replayed> {
    const [start, onLaunched] = [this.#start, this.#onLaunched];
    return replayed(this.#options, { start, isAlone, onLaunched });
  }

  /** @param rows those that are taken, each in its place */
  #wrongIn(
    again: Replayed,
    rows: readonly (NotedRow | undefined)[],
    wrongAfter: (taken: number) => string | undefined,
  ): string | undefined {
    for (const [at, row] of rows.entries()) {
      try {
        if (row !== undefined) again.take(row.text);
      } catch (thrown) {
        return describe(thrown);
      }
      const wrong = wrongAfter(at + 1);
      if (wrong !== undefined) return `after ${at + 1} inputs ${wrong}`;
    }
    return undefined;
  }
}
