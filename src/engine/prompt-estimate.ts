import type { DeliveryBody } from "../wire/delivery.ts";
import { deliveryTokens } from "../wire/token-estimate.ts";

/** Bounds of the ratio, so that one unusual prompt does not make the next reservation useless. */
const MIN_RATIO = 0.5;
const MAX_RATIO = 2;

/** The tokens of a prompt that no text shows: a service's own words and marks. */
const ENVELOPE_TOKENS = 32;

/**
 * An estimate of the length of an agent's next prompt, in tokens.
 *
 * It is the count of the agent's host plus what was delivered since, times the ratio of the last
 * real length to its estimate. A ratio below 1 applies only to the part that was in the last
 * prompt: new text is not taken to be as short.
 */
export class PromptEstimate {
  readonly #goesOn: boolean;
  #unseen = 0;
  #ratio = 1;
  /** The estimate of the part to which the ratio applies, because the last prompt contained it. */
  #known = 0;
  #last: { readonly callId: string; readonly tokens: number } | undefined;

  /** @param goesOn true when each prompt begins with the one before it, as those of the loop do */
  constructor(goesOn: boolean) {
    this.#goesOn = goesOn;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const [unseen, ratio, known] = [this.#unseen, this.#ratio, this.#known];
    return { unseen, ratio, known, last: this.#last };
  }

  /** Counts a delivery that the host has not counted yet, because it comes with the next prompt. */
  delivered(body: DeliveryBody): void {
    this.#unseen += deliveryTokens(body);
  }

  /** Returns the estimate for a call; the same when the call is asked for again. */
  of(callId: string, counted: number): number {
    if (this.#last?.callId !== callId) {
      // A host may report anything: the arbiter refuses a count that is no number.
      this.#last = { callId, tokens: Math.ceil(counted) + this.#unseen };
      this.#unseen = 0;
    }
    const { tokens } = this.#last;
    const known = Math.min(this.#known, tokens);
    const unknown = (tokens - known) * Math.max(1, this.#ratio);
    return Math.ceil(known * this.#ratio + unknown) + ENVELOPE_TOKENS;
  }

  /** Corrects the ratio by a prompt's real length; 0 when the service did not report it. */
  settled(callId: string, real: number): void {
    if (this.#last?.callId !== callId || this.#last.tokens === 0 || !(real > 0)) return;
    const { tokens } = this.#last;
    this.#ratio = Math.min(MAX_RATIO, Math.max(MIN_RATIO, real / tokens));
    if (this.#goesOn) this.#known = tokens;
  }

  /** Ignores the usage of a call that will not be the usage of one prompt. */
  mistrust(callId: string): void {
    if (this.#last?.callId === callId) this.#last = undefined;
  }
}
