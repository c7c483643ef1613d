import { isDeepStrictEqual } from "node:util";
import type { Input } from "../engine/input.ts";
import {
  type Answer,
  type Outside,
  type Row,
  type StepTime,
  thrownAgain,
} from "../engine/outside.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import { closeSwarm, launch } from "../supervisor/launch.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { Clock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";

/** The outside of a replay: each step sees the values that it saw the first time. */
class Past implements Outside {
  readonly isReplay = true;
  readonly isAlone: boolean;
  readonly start: StepTime;
  /** The first place where a step looked for something else than the first time. */
  wrong: string | undefined;
  #time: StepTime = { now: 0, wall: 0 };
  #answers: Answer[] = [];

  /** @param isAlone true when the steps are those of one run */
  constructor(start: StepTime, isAlone: boolean) {
    this.start = start;
    this.isAlone = isAlone;
  }

  set(row: Row): void {
    this.#time = row;
    this.#answers = [...row.answers];
  }

  begin(_input: Input): StepTime {
    return this.#time;
  }

  look<Value>(to: string, _look: () => Value): Value {
    const answer = this.#next(to);
    if (answer?.threw !== undefined) throw thrownAgain(answer.threw);
    return answer?.value as Value;
  }

  #next(to: string): Answer | undefined {
    const answer = this.#answers.shift();
    if (answer?.to !== to) this.wrong ??= `it looked for "${to}", then for "${answer?.to}"`;
    return answer;
  }

  /**
   * Asks again when all runs are replayed: the shared parts exist too, and must answer as before.
   */
  query<Value>(to: string, ask: () => Value): Value {
    if (this.isAlone) return this.look(to, ask);
    let value: Value;
    try {
      value = ask();
    } catch (thrown) {
      if (this.#next(to)?.threw === undefined) this.wrong ??= `"${to}" threw, and did not then`;
      throw thrown;
    }
    const then = this.look(to, ask);
    const now = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    if (!isDeepStrictEqual(now, then)) {
      const [said, before] = [now, then].map((one) => JSON.stringify(one));
      this.wrong ??= `it was answered ${said} for "${to}", then ${before}`;
    }
    return value;
  }

  update(change: () => void): void {
    if (!this.isAlone) change();
  }

  decide<Request extends object, Value>(
    to: string,
    decide: (request: Request) => Value,
    request: Request,
  ): Value {
    if (!this.isAlone) return this.query(to, () => decide(request));
    const given = this.look(to, () => undefined as Value);
    decide({ ...request, given });
    return given;
  }

  end(): void {
    const [left] = this.#answers;
    if (left !== undefined) this.wrong ??= `it did not look for "${left.to}"`;
  }
}

/** A replay has no hosts, because everything it would send was sent the first time. */
const noHosts: Hosts = {
  pick: () => {
    throw new TypeError("a replay has no hosts");
  },
  verify: async () => undefined,
  keepWarm: () => undefined,
  list: () => [],
  faults: () => [],
  stop: async () => undefined,
};

/**
 * The megabytes kept in the replay of one run: enough to drop nothing that was not dropped before.
 */
const KEPT_MB = 1_000_000;

export interface ReplayOptions {
  /** The start of the supervisor whose inputs are replayed. */
  readonly start: StepTime;
  /** True when the inputs are those of one run, without the parts that all runs share. */
  readonly isAlone?: boolean;
  readonly onLaunched?: ((swarm: Swarm) => void) | undefined;
}

export interface Replayed extends AsyncDisposable {
  readonly swarm: Swarm;
  /** Takes one more input. Fails when its step looks at something else than the first time. */
  take(row: string): void;
}

/** Starts a new supervisor that replays the recorded inputs of another one. */
export async function replayed(
  options: SupervisorOptions,
  { start, isAlone = false, onLaunched }: ReplayOptions,
): Promise<Replayed> {
  const past = new Past(start, isAlone);
  const clock: Clock = {
    now: () => start.now,
    wall: () => start.wall,
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  };
  const surroundings = { startHosts: () => noHosts, outside: () => past };
  const kept = isAlone ? { keepMb: KEPT_MB } : {};
  const swarm = await launch({ ...options, ...kept, clock }, surroundings);
  onLaunched?.(swarm);
  return {
    swarm,
    take(text) {
      const row = JSON.parse(text) as Row;
      past.set(row);
      try {
        swarm.inbox.take(row.input);
      } catch (thrown) {
        // An order that was refused the first time is refused again: its caller got the error.
        if (!(thrown instanceof Error)) past.wrong ??= describe(thrown);
      }
      if (past.wrong !== undefined) throw new Error(`${past.wrong}, in ${text.slice(0, 400)}`);
    },
    [Symbol.asyncDispose]: () => closeSwarm(swarm),
  };
}
