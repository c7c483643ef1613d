import { CoppiceError } from "../errors.ts";
import { runSchedule, type ScheduleOptions } from "./schedule.ts";

export interface SimulateOptions extends Omit<ScheduleOptions, "onLaunched"> {
  /** How many schedules. Default 100. */
  readonly seeds?: number;
  /** The first seed; the others follow it. Default 1. */
  readonly from?: number;
  /** Only this one: what a failure names. */
  readonly seed?: number;
  /** Told after each schedule. */
  readonly onSchedule?: (seed: number, steps: number) => void;
}

/** What a simulation came to, when nothing was wrong. */
export interface Simulated {
  readonly schedules: number;
  readonly steps: number;
}

/**
 * Runs a swarm through many schedules, each a different order of everything that could happen.
 *
 * Supervisor, kernel, arbiter and the agents' runtime are the real ones; hosts live in the calling
 * thread, time stands still until it is told to go on, and one generator, seeded, chooses what
 * happens next: who is heard, which timer fires, which tool answers, which host dies or freezes,
 * who is cancelled. After each step everything that must always be true is asked.
 *
 * **Guarantees** the same seed gives the same schedule, event for event, as long as `swarm`,
 * `drive`, tools and modules take chance only from `random`, time from nowhere, and do no I/O.
 * **Fails with** SimulationFailed: the seed, the step, what was not true, and the last steps.
 * **Gotcha** a swarm that never comes to rest, such as one with a timer that arms itself again,
 * has to be stopped by its `drive`.
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
  // A failure names one seed: whoever gives it wants exactly that.
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
  const told = `simulate: ${name} has to be ${wanted}, not ${String(value)}`;
  return new CoppiceError("OPTIONS_INVALID", told);
}
