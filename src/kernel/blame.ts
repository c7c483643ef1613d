/** What ended a host, and who of those that lived there was at work in that moment. */
export interface Blame {
  readonly cause: "froze" | "out-of-memory" | "exited";
  /** Empty when nobody is known to be at fault. */
  readonly running: readonly Running[];
}

/** An agent that held its host's thread. */
export interface Running {
  readonly path: string;
  readonly incarnation: number;
  /** The last delivery that it had taken in: it is not given to it again. */
  readonly n?: number;
}
