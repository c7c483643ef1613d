import type { DeliveryBody } from "../wire/delivery.ts";
import { deliveryTokens } from "../wire/token-estimate.ts";

/** One surprising prompt must not make the next reservation useless. */
const LEAST_RATIO = 0.5;
const MOST_RATIO = 2;

/** What stands around a prompt that no text shows, in tokens: a service's own words and marks. */
const ENVELOPE_TOKENS = 32;

/**
 * How long an agent's next prompt is, in tokens: what its host counted, and what was delivered to
 * it since; corrected by how far the last estimate was from the real figure.
 */
export class PromptEstimate {
  #unseen = 0;
  #ratio = 1;
  #last: { readonly callId: string; readonly tokens: number } | undefined;

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
    return Math.ceil(this.#last.tokens * this.#ratio) + ENVELOPE_TOKENS;
  }

  /** A prompt's real length; 0 when its service did not say. */
  settled(callId: string, real: number): void {
    if (this.#last?.callId !== callId || this.#last.tokens === 0 || !(real > 0)) return;
    this.#ratio = Math.min(MOST_RATIO, Math.max(LEAST_RATIO, real / this.#last.tokens));
  }

  /** The usage of this call will not be that of one prompt. */
  mistrust(callId: string): void {
    if (this.#last?.callId === callId) this.#last = undefined;
  }
}
