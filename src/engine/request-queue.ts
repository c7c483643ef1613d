import type { Effect } from "../kernel/effects.ts";
import type { Node } from "../kernel/node.ts";
import type { Clock } from "../wire/clock.ts";

export type RequestEffect = Extract<Effect, { type: "request" }>;

/** The longest that requests hold the supervisor's thread before others have their turn. */
const SLICE_MS = 5;
/** Looking at the clock costs a tenth of a request. */
const LOOK_EVERY = 8;

export interface RequestQueueOptions {
  readonly clock: Clock;
  readonly carryOut: (effect: RequestEffect) => void;
  /** Runs a slice as a step of its own. */
  readonly step: (slice: () => void) => void;
}

/**
 * Carries out what agents ask for, in slices: a frame may ask for any number of things.
 *
 * **Guarantees** the requests of one agent are carried out in their order; what one asks for holds
 * up nobody else for longer than a slice.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #waiting = new Map<Node, RequestEffect[]>();
  #taken = 0;
  #until = 0;
  #isOver = false;
  #timer: unknown;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  /** A step begins, and with it a slice. */
  begin(): void {
    this.#taken = 0;
    this.#isOver = false;
  }

  take(effect: RequestEffect): void {
    const behind = this.#waiting.get(effect.node);
    if (behind !== undefined) behind.push(effect);
    else if (this.#hasTime()) this.#options.carryOut(effect);
    else {
      this.#waiting.set(effect.node, [effect]);
      this.#arm();
    }
  }

  close(): void {
    this.#waiting.clear();
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hasTime(): boolean {
    const { clock } = this.#options;
    if (this.#taken === 0) this.#until = clock.now() + SLICE_MS;
    this.#taken += 1;
    if (this.#taken % LOOK_EVERY === 0) this.#isOver ||= clock.now() >= this.#until;
    return !this.#isOver;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    const { clock, step } = this.#options;
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      step(() => this.#slice());
      this.#arm();
    }, 0);
  }

  /** Each agent that waits has its turn. */
  #slice(): void {
    this.begin();
    for (const [node, effects] of [...this.#waiting]) {
      let done = 0;
      while (done < effects.length && this.#hasTime()) {
        const effect = effects[done] as RequestEffect;
        done += 1;
        this.#options.carryOut(effect);
      }
      this.#waiting.delete(node);
      // Behind the others, with what it could not be given.
      if (done < effects.length) this.#waiting.set(node, effects.slice(done));
    }
  }
}
