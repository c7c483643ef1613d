/** A failed simulation, with all that is needed to reproduce it. */
export class SimulationFailed extends Error {
  /** The seed: `simulate({ …, seed })` runs exactly this schedule again. */
  readonly seed: number;
  /** The number of steps taken. */
  readonly step: number;
  /** The name of the invariant that did not hold. */
  readonly invariant: string;

  constructor(options: {
    readonly seed: number;
    readonly step: number;
    readonly invariant: string;
    readonly wrong: string;
    /** The last steps and their effects, oldest first. */
    readonly trace: readonly string[];
    readonly cause?: unknown;
  }) {
    const { seed, step, invariant, wrong, trace, cause } = options;
    const lines = [
      `Seed ${seed}, step ${step}: "${invariant}" is not so: ${wrong}.`,
      "The last steps:",
      ...trace.map((line) => `  ${line}`),
      `To see exactly this again: simulate({ ...options, seed: ${seed} })`,
    ];
    super(lines.join("\n"), cause === undefined ? {} : { cause });
    this.name = "SimulationFailed";
    this.seed = seed;
    this.step = step;
    this.invariant = invariant;
  }
}
