import { CoppiceError } from "../errors.ts";
import type { Releases } from "../journal/releases.ts";
import type { Retention } from "../journal/retention.ts";
import { type Containment, NOBODY } from "./containment.ts";
import { Fifo } from "./fifo.ts";
import { type Input, type Notice, pathOf } from "./input.ts";
import type { Outside, StepTime } from "./outside.ts";

export interface InboxOptions {
  readonly releases: Releases;
  readonly retention: Retention;
  readonly contained: Containment;
  readonly outside: Outside;
  readonly begin: (time: StepTime, input: Input) => void;
  /** Decides, and answers whoever asked. */
  readonly decide: (input: Input) => unknown;
  /** Carries out what was decided. */
  readonly carryOut: () => void;
  /** The step is over; answers with the run whose it was. */
  readonly leave: () => string | undefined;
  /** What is believed no longer is no input. */
  readonly isVoid: (input: Input) => boolean;
  /** Has runs hear of what was gathered for them. */
  readonly gather: () => void;
  /** What is to follow, each as an input of its own. */
  readonly goOn: () => void;
}

/**
 * The one way in: everything that happens is an input, and each is a step of its own.
 *
 * **Guarantees** one step at a time: what is decided by an input is carried out before the next is
 * taken, and nobody outside hears of it before that. What the runs have for each other is taken
 * before anything else, so that no step finds what its run has not heard of yet.
 */
export class Inbox {
  readonly #options: InboxOptions;
  /** What runs have been answered, or written by others. */
  readonly #notices = new Fifo<Notice>();
  /** What came while a step was under way. */
  readonly #waiting = new Fifo<Input>();
  #isDraining = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    options.releases.whenOut = () => this.#goOn();
  }

  /**
   * Takes an input at once; its answer is of its kind. Within a step one that has no answer waits
   * for the end of it: what ends an agent, or all of them, is never lost.
   *
   * **Fails with** what the decision throws; within a step, for one that has an answer, with
   * RUNTIME_FAULT.
   */
  take(input: Input): unknown {
    if (this.#options.releases.isHeld) return this.#later(input);
    this.#takeNotices();
    return this.#step(input);
  }

  /** Takes several as one: nobody hears of any before all are taken. */
  takeAll(inputs: readonly Input[]): void {
    const { releases } = this.#options;
    const [first] = inputs;
    if (first === undefined) return;
    if (releases.isHeld) throw withinStep(first);
    this.#takeNotices();
    releases.together(() => {
      for (const input of inputs) this.#step(input);
    });
  }

  /** Takes what nobody waits for, now or after the step under way, and contains what it throws. */
  post(input: Input): void {
    const { releases, outside } = this.#options;
    // It was noted when it came, and comes again as it was.
    if (outside.isReplay) return;
    if (releases.isHeld) this.#waiting.push(input);
    else {
      this.#takeNotices();
      this.#contain(input);
    }
  }

  /** Has a run hear of something, behind the step under way and before all others. */
  notify(notice: Notice): void {
    if (!this.#options.outside.isReplay) this.#notices.push(notice);
  }

  #later(input: Input): undefined {
    if (!UNANSWERED.has(input.type)) throw withinStep(input);
    this.#waiting.push(input);
  }

  #step(input: Input): unknown {
    const { releases, retention, outside, begin, decide } = this.#options;
    const time = outside.begin(input);
    releases.hold();
    try {
      // Until here whoever was told of the last step could still look at what it was about.
      retention.release();
      begin(time, input);
      retention.hold();
      return decide(input);
    } finally {
      this.#end();
    }
  }

  #end(): void {
    const { releases, outside, carryOut, leave } = this.#options;
    try {
      carryOut();
    } finally {
      outside.end(leave());
      releases.release();
    }
  }

  #takeNotices(): void {
    for (;;) {
      this.#options.gather();
      const next = this.#notices.shift();
      if (next === undefined) return;
      this.#contain(next);
    }
  }

  #contain(input: Input): void {
    const { contained, isVoid } = this.#options;
    if (isVoid(input)) return;
    try {
      this.#step(input);
    } catch (thrown) {
      contained.fault(pathOf(input) ?? NOBODY, input.type, thrown);
    }
  }

  /** What came within a step is taken before what follows from it. */
  #drain(): void {
    const { retention } = this.#options;
    // By whoever drains already, so that a thousand steps do not nest.
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      do {
        retention.release();
        this.#takeNotices();
        const next = this.#waiting.shift();
        if (next !== undefined) this.#contain(next);
        retention.release();
      } while (this.#notices.size > 0 || this.#waiting.size > 0);
    } finally {
      this.#isDraining = false;
    }
  }

  #goOn(): void {
    const { outside, goOn } = this.#options;
    this.#drain();
    if (!this.#isDraining && !outside.isReplay) goOn();
  }
}

/** Orders that nobody waits for an answer of. */
const UNANSWERED: ReadonlySet<Input["type"]> = new Set([
  "cancel",
  "pause",
  "resume",
  "close-down",
  "kill",
]);

function withinStep({ type }: Input): CoppiceError {
  const told = `"${type}" was asked for by code that runs within a decision; ask for it later`;
  return new CoppiceError("RUNTIME_FAULT", told);
}
