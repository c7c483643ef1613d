import { CoppiceError } from "../errors.ts";
import { runSchedule, type ScheduleOptions } from "./schedule.ts";

export interface SimulateOptions extends Omit<ScheduleOptions, "onLaunched"> {
  /** The number of schedules. Default 100. */
  readonly seeds?: number;
  /** The first seed; the others follow it. Default 1. */
  readonly from?: number;
  /** Runs only this seed, such as the one that a failure names. */
  readonly seed?: number;
  /** Called after each schedule. */
  readonly onSchedule?: (seed: number, steps: number) => void;
}

/** The result of a simulation without failures. */
export interface Simulated {
  readonly schedules: number;
  readonly steps: number;
}

/**
 * Runs a swarm through many schedules, each a different order of all possible events.
 *
 * Supervisor, kernel, arbiter and the agents' runtime are the real ones. Hosts live in the calling
 * thread, time passes only as a choice, and one seeded generator chooses the next event: which
 * message arrives, which timer fires, which tool answers, which host dies or freezes, which agent
 * is cancelled. All invariants are checked after each step.
 *
 * **Guarantees** the same seed gives the same schedule, event for event, as long as `swarm`,
 * `drive`, tools and modules take chance only from `random`, read no clock, and do no I/O.
 * **Fails with** SimulationFailed: the seed, the step, the invariant that did not hold, and the
 * last steps.
 * **Gotcha** a swarm that never comes to rest, such as one with a timer that arms itself again,
 * must be stopped by its `drive`.
 * @example
 * await simulate({
 *   seeds: 200,
 *   swarm: (random) => ({ agents, tools, limits: { concurrency: random.between(1, 4) } }),
 *   drive: async (supervisor, simulation) => {
 *     const ref = await supervisor.spawn("lead", { input: "Go." });
 *     await simulation.turn();
 *     await ref.tell("Hurry.");
 *   },
 * });
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { seed, onSchedule, faults = {} } = options;
  // A given seed is one that a failure named: exactly that one is run.
  const { from = 1, seeds = 100 } = seed === undefined ? options : { from: seed, seeds: 1 };
  for (const [name, value] of Object.entries({ from, seeds })) {
    if (!Number.isSafeInteger(value) || value < 0) throw wrong(name, value, "a whole number");
  }
  for (const [name, rate] of Object.entries(faults)) {
    if (!(rate >= 0 && rate <= 1)) throw wrong(`faults.${name}`, rate, "a rate from 0 to 1");
  }
  let total = 0;
  for (let at = from; at < from + seeds; at += 1) {
    const steps = await runSchedule(at, options);
    total += steps;
    onSchedule?.(at, steps);
  }
  return { schedules: seeds, steps: total };
}

function wrong(name: string, value: unknown, wanted: string): CoppiceError {
  const message = `simulate: ${name} has to be ${wanted}, not ${String(value)}`;
  return new CoppiceError("OPTIONS_INVALID", message);
}
