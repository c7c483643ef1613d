import type { DeliveryBody } from "../wire/delivery.ts";

/** A delivery on its way: numbered, and kept until a frame covers it. */
export interface Sent {
  readonly n: number;
  readonly body: DeliveryBody;
}

/**
 * An agent's mailbox: a system lane that is never refused and always first, a user lane that is
 * bounded, and what was delivered but not yet covered by a frame.
 */
export class Mailbox {
  readonly system: DeliveryBody[] = [];
  readonly user: DeliveryBody[] = [];
  #sent: Sent[] = [];
  #last = 0;
  #covered = 0;

  /** User messages that count against the bound: waiting, or delivered and not yet covered. */
  get waiting(): number {
    let delivered = 0;
    for (const { body } of this.#sent) if (body.type === "message") delivered += 1;
    return this.user.length + delivered;
  }

  /** True when nothing waits and nothing is on its way. */
  get empty(): boolean {
    return this.system.length === 0 && this.user.length === 0 && this.#sent.length === 0;
  }

  get covered(): number {
    return this.#covered;
  }

  get last(): number {
    return this.#last;
  }

  get unacknowledged(): readonly Sent[] {
    return this.#sent;
  }

  send(body: DeliveryBody): Sent {
    this.#last += 1;
    const sent = { n: this.#last, body };
    this.#sent.push(sent);
    return sent;
  }

  /** Forgets what a frame covers. */
  cover(upTo: number): void {
    if (upTo <= this.#covered) return;
    this.#covered = upTo;
    const rest = this.#sent.findIndex((sent) => sent.n > upTo);
    this.#sent = rest === -1 ? [] : this.#sent.slice(rest);
  }

  /** Takes back what a lost host had not covered, for delivery elsewhere, numbered anew. */
  recall(keep: (body: DeliveryBody) => boolean): readonly Sent[] {
    const bodies = this.#sent.map((sent) => sent.body).filter(keep);
    this.#sent = [];
    this.#last = this.#covered;
    return bodies.map((body) => this.send(body));
  }

  /** Empties both lanes; what was delivered stays on its way. */
  takeWaiting(): readonly DeliveryBody[] {
    return [...this.system.splice(0), ...this.user.splice(0)];
  }

  /** Empties both lanes and what is on its way; answers with what will never arrive. */
  clear(): readonly DeliveryBody[] {
    const lost = [...this.#sent.map((sent) => sent.body), ...this.system, ...this.user];
    this.#sent = [];
    this.system.length = 0;
    this.user.length = 0;
    return lost;
  }
}
