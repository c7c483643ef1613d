import { CoppiceError } from "../errors.ts";
import type { Releases } from "../journal/releases.ts";
import type { Retention } from "../journal/retention.ts";
import { type Containment, NOBODY } from "./containment.ts";
import { Fifo } from "./fifo.ts";
import { type Input, type Notice, pathOf } from "./input.ts";
import type { Outside, StepTime } from "./outside.ts";

/** The options of an {@link Inbox}. */
export interface InboxOptions {
  readonly releases: Releases;
  readonly retention: Retention;
  readonly contained: Containment;
  readonly outside: Outside;
  /** Begins a step. */
  readonly begin: (time: StepTime, input: Input) => void;
  /** Decides an input, and returns the answer to it. */
  readonly decide: (input: Input) => unknown;
  /** Carries out the effects of the decision. */
  readonly carryOut: () => void;
  /** Ends the step, and returns the path of its run. */
  readonly leave: () => string | undefined;
  /** True for an input that is dropped, because its host is not believed any more. */
  readonly isVoid: (input: Input) => boolean;
  /** Notifies the runs of what was gathered for them. */
  readonly gather: () => void;
  /** Takes up what follows from the steps so far, each as an input of its own. */
  readonly goOn: () => void;
}

/**
 * The only entry to the engine: everything that happens is an input, and each input is one step.
 *
 * **Guarantees** one step at a time. The effects of an input are carried out before the next input
 * is taken, and no listener sees anything of the step before that. Notices between runs are taken
 * before any other input, so that no step sees a change that its run has not been told of.
 */
export class Inbox {
  readonly #options: InboxOptions;
  /** The notices for runs: answers of the shared root, and letters of other runs. */
  readonly #notices = new Fifo<Notice>();
  /** The inputs that arrived during a step. */
  readonly #waiting = new Fifo<Input>();
  /** The inputs that are taken when there is nothing else to go on with. */
  readonly #behind = new Fifo<Input>();
  #isDraining = false;
  #isGoingOn = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    options.releases.whenOut = () => this.#goOn();
  }

  /**
   * Takes an input at once, and returns the answer to it. Within a step, an order without an answer
   * waits for the end of the step, so that a cancel or a kill is never lost.
   *
   * **Fails with** the error of the decision; within a step, for every other input, with
   * RUNTIME_FAULT.
   */
  take(input: Input): unknown {
    if (this.#options.releases.isInStep) return this.#later(input);
    this.#takeNotices();
    return this.#step(input);
  }

  /**
   * Takes several inputs together: nothing of them is published before all are taken.
   *
   * **Fails with** RUNTIME_FAULT within a step.
   */
  takeAll(inputs: readonly Input[]): void {
    const { releases } = this.#options;
    const [first] = inputs;
    if (first === undefined) return;
    if (releases.isInStep) throw withinStep(first);
    this.#takeNotices();
    releases.together(() => {
      for (const input of inputs) this.#step(input);
    });
  }

  /** Takes an input without an answer, now or after the current step, and contains its errors. */
  post(input: Input): void {
    const { releases, outside } = this.#options;
    // The input was noted when it arrived, and the replay takes it from the notes.
    if (outside.isReplay) return;
    if (releases.isInStep) this.#waiting.push(input);
    else {
      this.#takeNotices();
      this.#contain(input);
    }
  }

  /**
   * Takes an input of an effect, without an answer, behind all that follows from the steps so far:
   * several tools that answer at once are all started before the first of them is settled.
   */
  append(input: Input): void {
    if (!this.#options.outside.isReplay) this.#behind.push(input);
  }

  /** Notifies a run, after the current step and before any other input. */
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
    releases.begin();
    try {
      // Until here, listeners that were told of the last step could still read its values.
      retention.release();
      begin(time, input);
      retention.defer();
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

  /** Takes the inputs that arrived during a step, and the notices before each of them. */
  #drain(): void {
    const { retention } = this.#options;
    // The call that drains already takes them, so that a thousand steps do not nest.
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
    if (this.#isDraining || this.#isGoingOn || outside.isReplay) return;
    this.#isGoingOn = true;
    try {
      for (;;) {
        goOn();
        const next = this.#behind.shift();
        if (next === undefined) return;
        this.post(next);
      }
    } finally {
      this.#isGoingOn = false;
    }
  }
}

/** The orders without an answer. */
const UNANSWERED: ReadonlySet<Input["type"]> = new Set([
  "cancel",
  "pause",
  "resume",
  "close-down",
  "kill",
]);

function withinStep({ type }: Input): CoppiceError {
  const text = `"${type}" was asked for by code that runs within a decision; ask for it later`;
  return new CoppiceError("RUNTIME_FAULT", text);
}
