import type { DeliveryBody } from "../wire/delivery.ts";
import { deliveryTokens } from "../wire/token-estimate.ts";

/** One surprising prompt must not make the next reservation useless. */
const LEAST_RATIO = 0.5;
const MOST_RATIO = 2;

/** What stands around a prompt that no text shows, in tokens: a service's own words and marks. */
const ENVELOPE_TOKENS = 32;

/**
 * How long an agent's next prompt is, in tokens: what its host counted, and what was delivered to
 * it since; corrected by how far the last estimate was from the real figure. A prompt that was
 * shorter than it was taken for says so of itself alone: what is new is not taken to be as short.
 */
export class PromptEstimate {
  readonly #goesOn: boolean;
  #unseen = 0;
  #ratio = 1;
  /** The estimate of the part that is known to go by that ratio. */
  #known = 0;
  #last: { readonly callId: string; readonly tokens: number } | undefined;

  /** @param goesOn each prompt begins with the one before it, as those of the loop do */
  constructor(goesOn: boolean) {
    this.#goesOn = goesOn;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const [unseen, ratio, known] = [this.#unseen, this.#ratio, this.#known];
    return { unseen, ratio, known, last: this.#last };
  }

  /** Something that the host had not counted yet, because it comes with the next prompt. */
  delivered(body: DeliveryBody): void {
    this.#unseen += deliveryTokens(body);
  }

  /** The estimate for a call, the same when it is asked for again. */
  of(callId: string, counted: number): number {
    if (this.#last?.callId !== callId) {
      // A host may say anything: what is no number is left for the arbiter to refuse.
      this.#last = { callId, tokens: Math.ceil(counted) + this.#unseen };
      this.#unseen = 0;
    }
    const { tokens } = this.#last;
    const known = Math.min(this.#known, tokens);
    const unknown = (tokens - known) * Math.max(1, this.#ratio);
    return Math.ceil(known * this.#ratio + unknown) + ENVELOPE_TOKENS;
  }

  /** A prompt's real length; 0 when its service did not say. */
  settled(callId: string, real: number): void {
    if (this.#last?.callId !== callId || this.#last.tokens === 0 || !(real > 0)) return;
    const { tokens } = this.#last;
    this.#ratio = Math.min(MOST_RATIO, Math.max(LEAST_RATIO, real / tokens));
    if (this.#goesOn) this.#known = tokens;
  }

  /** The usage of this call will not be that of one prompt. */
  mistrust(callId: string): void {
    if (this.#last?.callId === callId) this.#last = undefined;
  }
}
