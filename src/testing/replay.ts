import type { Input } from "../engine/input.ts";
import type { Answer, Outside, Row, StepTime } from "../engine/outside.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import { land, launch } from "../supervisor/launch.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { Clock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";

/** Steps that are taken again: each looks at what it saw then. */
class Past implements Outside {
  readonly isReplay = true;
  readonly start: StepTime;
  /** Where a step looked for something else than it did then. */
  wrong: string | undefined;
  #time: StepTime = { now: 0, wall: 0 };
  #answers: Answer[] = [];

  constructor(start: StepTime) {
    this.start = start;
  }

  set(row: Row): void {
    this.#time = row;
    this.#answers = [...row.answers];
  }

  begin(_input: Input): StepTime {
    return this.#time;
  }

  look<Value>(to: string, _look: () => Value): Value {
    const answer = this.#answers.shift();
    if (answer?.to !== to) this.wrong ??= `it looked for "${to}", then for "${answer?.to}"`;
    return answer?.value as Value;
  }

  end(): void {
    const [left] = this.#answers;
    if (left !== undefined) this.wrong ??= `it did not look for "${left.to}"`;
  }
}

/** Nobody lives here: what was sent then has been sent. */
const noHosts: Hosts = {
  pick: () => {
    throw new TypeError("a replay has no hosts");
  },
  verify: async () => undefined,
  list: () => [],
  faults: () => [],
  stop: async () => undefined,
};

export interface Replayed extends AsyncDisposable {
  readonly swarm: Swarm;
  /** Takes one more input. Fails where its step looks at something else than it did then. */
  take(row: string): void;
}

/**
 * A new supervisor that has seen nothing yet, to take inputs that another one has noted.
 *
 * @param start when that one was started
 */
export async function replayed(
  options: SupervisorOptions,
  start: StepTime,
  onLaunched?: (swarm: Swarm) => void,
): Promise<Replayed> {
  const past = new Past(start);
  const clock: Clock = {
    now: () => start.now,
    wall: () => start.wall,
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  };
  const surroundings = { startHosts: () => noHosts, outside: () => past };
  const swarm = await launch({ ...options, clock }, surroundings);
  onLaunched?.(swarm);
  return {
    swarm,
    take(text) {
      const row = JSON.parse(text) as Row;
      past.set(row);
      try {
        swarm.inbox.take(row.input);
      } catch (thrown) {
        // Whoever gave that order was told: an answer like others.
        if (!(thrown instanceof Error)) past.wrong ??= describe(thrown);
      }
      if (past.wrong !== undefined) throw new Error(`${past.wrong}, in ${text.slice(0, 400)}`);
    },
    [Symbol.asyncDispose]: () => land(swarm),
  };
}
