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
  /** The facts that its step emitted: from this number to `last`. */
  readonly from: number;
  readonly last: number;
}

/** The state after a number of rows. */
interface NotedState {
  readonly whole: unknown;
  readonly runs: ReadonlyMap<string, RunState>;
}

/** The inputs of one supervisor, as texts, and the states they led to on the way. */
export class NotedInputs {
  readonly #options: SupervisorOptions;
  readonly #onLaunched: ((swarm: Swarm) => void) | undefined;
  readonly #rows: NotedRow[] = [];
  readonly #states = new Map<number, NotedState>();
  #start: StepTime = { now: 0, wall: 0 };
  #swarm: Swarm | undefined;
  /** The newest fact after the last step. */
  #newest = 0;

  constructor(options: SupervisorOptions, onLaunched?: (swarm: Swarm) => void) {
    this.#options = options;
    this.#onLaunched = onLaunched;
  }

  /** @param swarm the swarm whose inputs are recorded */
  set swarm(swarm: Swarm) {
    this.#swarm = swarm;
    this.#newest = swarm.log.last;
  }

  /** Creates the source of the values that the swarm's steps look at. */
  readonly outside = (clock: Clock): Outside => {
    const noted = new Noted(clock, (text, run) => {
      const last = this.#swarm?.log.last ?? 0;
      this.#rows.push({ text, run, from: this.#newest + 1, last });
      this.#newest = last;
    });
    this.#start = noted.start;
    return noted;
  };

  /** Records the state that a replay of the inputs so far must reach. */
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

  /** Replays all inputs to a new supervisor; returns the first difference of its state, if any. */
  async wrongAgain(): Promise<string | undefined> {
    await using again = await this.#replayed(false);
    return this.#wrongIn(again, this.#rows, (at) => {
      const state = this.#states.get(at);
      return state === undefined ? undefined : difference(state.whole, wholeState(again.swarm));
    });
  }

  /**
   * Replays the inputs of each run alone; returns the first difference of that run's state, if any.
   */
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
      // A run alone forgets no facts: the recorded facts are the newest of them.
      const left = facts.slice(facts.length - state.facts.length);
      return difference(state, { ...now, facts: left });
    });
  }

  #replayed(isAlone: boolean): Promise<Replayed> {
    const [start, onLaunched] = [this.#start, this.#onLaunched];
    return replayed(this.#options, { start, isAlone, onLaunched });
  }

  /** @param rows all rows, with undefined in place of those that are skipped */
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
