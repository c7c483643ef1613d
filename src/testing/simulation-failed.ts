/** What a simulation found, with all that is needed to see it again. */
export class SimulationFailed extends Error {
  /** `simulate({ …, seed })` runs exactly this schedule again. */
  readonly seed: number;
  /** How many steps had been taken. */
  readonly step: number;
  /** The name of what was not true. */
  readonly invariant: string;

  constructor(options: {
    readonly seed: number;
    readonly step: number;
    readonly invariant: string;
    readonly wrong: string;
    /** The last steps and what they caused, oldest first. */
    readonly trace: readonly string[];
    readonly cause?: unknown;
  }) {
    const { seed, step, invariant, wrong, trace, cause } = options;
    const told = [
      `Seed ${seed}, step ${step}: "${invariant}" is not so: ${wrong}.`,
      "The last steps:",
      ...trace.map((line) => `  ${line}`),
      `To see exactly this again: simulate({ ...options, seed: ${seed} })`,
    ];
    super(told.join("\n"), cause === undefined ? {} : { cause });
    this.name = "SimulationFailed";
    this.seed = seed;
    this.step = step;
    this.invariant = invariant;
  }
}
