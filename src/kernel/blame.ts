/** What ended a host, and who of those that lived there was at work in that moment. */
export interface Blame {
  /** `not-started`: it ended before it could run anybody. */
  readonly cause: "froze" | "out-of-memory" | "exited" | "not-started";
  /** Empty when nobody is known to be at fault. */
  readonly running: readonly Running[];
  /** Hosts like it do not start any more: whoever waited for it waits no longer. */
  readonly isLasting?: true;
}

/** An agent that held its host's thread. */
export interface Running {
  readonly path: string;
  readonly incarnation: number;
  /** The last delivery that it had taken in: it is not given to it again. */
  readonly n?: number;
}
