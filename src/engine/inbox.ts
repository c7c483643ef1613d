import { CoppiceError } from "../errors.ts";
import type { Releases } from "../journal/releases.ts";
import type { Retention } from "../journal/retention.ts";
import { type Containment, callerOf, NOBODY } from "./containment.ts";
import type { Input } from "./input.ts";
import type { Outside, StepTime } from "./outside.ts";

export interface InboxOptions {
  readonly releases: Releases;
  readonly retention: Retention;
  readonly contained: Containment;
  readonly outside: Outside;
  readonly begin: (time: StepTime) => void;
  /** Decides, and answers whoever asked. */
  readonly decide: (input: Input) => unknown;
  /** Carries out what was decided. */
  readonly carryOut: () => void;
  /** What is to follow, each as an input of its own. */
  readonly goOn: () => void;
}

/**
 * The one way in: everything that happens is an input, and each is a step of its own.
 *
 * **Guarantees** one step at a time: what is decided by an input is carried out before the next is
 * taken, and nobody outside hears of it before that.
 */
export class Inbox {
  readonly #options: InboxOptions;
  /** What came while a step was under way. */
  #waiting: Input[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
    options.releases.whenOut = () => this.#goOn();
  }

  /**
   * Takes an input at once; its answer is of its kind.
   *
   * **Fails with** what the decision throws; RUNTIME_FAULT for one that comes within a step.
   */
  take(input: Input): unknown {
    const { releases, retention, outside, begin, decide } = this.#options;
    if (releases.isHeld) throw withinStep(input);
    const time = outside.begin(input);
    releases.hold();
    try {
      // Until here whoever was told of the last step could still look at what it was about.
      retention.release();
      begin(time);
      retention.hold();
      return decide(input);
    } finally {
      this.#end();
    }
  }

  /** Takes what nobody waits for, now or after the step under way, and contains what it throws. */
  post(input: Input): void {
    const { releases, contained, outside } = this.#options;
    // It was noted when it came, and comes again as it was.
    if (outside.isReplay) return;
    if (releases.isHeld) this.#waiting.push(input);
    else contained.run(whose(input), input.type, () => void this.take(input));
  }

  #end(): void {
    const { releases, outside, carryOut } = this.#options;
    try {
      carryOut();
    } finally {
      outside.end();
      releases.release();
    }
  }

  #goOn(): void {
    const { retention, outside, goOn } = this.#options;
    retention.release();
    const waiting = this.#waiting;
    if (waiting.length > 0) {
      this.#waiting = [];
      for (const input of waiting) this.post(input);
    }
    if (!outside.isReplay) goOn();
  }
}

function whose(input: Input): string {
  if ("agent" in input) return input.agent.path;
  if (input.type === "frame") return input.frame.path;
  if (input.type === "model-report") return callerOf(input.report.callId);
  return "path" in input ? input.path : NOBODY;
}

function withinStep({ type }: Input): CoppiceError {
  const told = `"${type}" was asked for by code that runs within a decision; ask for it later`;
  return new CoppiceError("RUNTIME_FAULT", told);
}
