import type { DeliveryBody } from "../wire/delivery.ts";

/** Notes that wait for one agent's next model call. */
export const NOTES_KEPT = 16;

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
  /** Lines that only a model call takes along: {@link NOTES_KEPT} at most, the newest. */
  readonly notes: DeliveryBody[] = [];
  #sent: Sent[] = [];
  /** Messages among `#sent`: counted as they come and go, because every tell asks. */
  #messagesSent = 0;
  #last = 0;
  #covered = 0;

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const { system, user, notes } = this;
    return { system, user, notes, sent: this.#sent, last: this.#last, covered: this.#covered };
  }

  note(text: string): void {
    this.notes.push({ type: "note", text });
    if (this.notes.length > NOTES_KEPT) this.notes.shift();
  }

  /** User messages that count against the bound: waiting, or delivered and not yet covered. */
  get waiting(): number {
    return this.user.length + this.#messagesSent;
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
    if (body.type === "message") this.#messagesSent += 1;
    return sent;
  }

  /** Forgets what a frame covers; true when something that begins a turn was among it. */
  cover(upTo: number): boolean {
    if (upTo <= this.#covered) return false;
    this.#covered = upTo;
    const rest = this.#sent.findIndex((sent) => sent.n > upTo);
    const covered = this.#sent.splice(0, rest === -1 ? this.#sent.length : rest);
    for (const { body } of covered) if (body.type === "message") this.#messagesSent -= 1;
    return covered.some(({ body: { type } }) => type === "message" || type === "child");
  }

  /** Takes back what a lost host had not covered, for delivery elsewhere, numbered anew. */
  recall(keep: (body: DeliveryBody) => boolean): readonly Sent[] {
    const bodies = this.#sent.map((sent) => sent.body).filter(keep);
    this.#sent = [];
    this.#messagesSent = 0;
    this.#last = this.#covered;
    return bodies.map((body) => this.send(body));
  }

  /**
   * Makes ready for a new incarnation: messages that no frame has covered are unread again.
   * @param owed what it reads once more although frames have covered it
   * @returns the rest, which was meant for the old one
   */
  renew(owed: readonly DeliveryBody[] = []): readonly DeliveryBody[] {
    const sent = [...new Set([...owed, ...this.#sent.map(({ body }) => body)])];
    const rest = [...sent.filter(({ type }) => type !== "message"), ...this.system.splice(0)];
    this.user.unshift(...sent.filter(({ type }) => type === "message"));
    this.notes.length = 0;
    this.#sent = [];
    this.#messagesSent = 0;
    this.#covered = this.#last;
    return rest;
  }

  /** Empties both lanes; what was delivered stays on its way. */
  takeWaiting(): readonly DeliveryBody[] {
    return [...this.system.splice(0), ...this.user.splice(0)];
  }

  /** Empties both lanes and what is on its way; answers with what will never arrive. */
  clear(): readonly DeliveryBody[] {
    const lost = [...this.#sent.map((sent) => sent.body), ...this.system, ...this.user];
    this.#sent = [];
    this.#messagesSent = 0;
    this.system.length = 0;
    this.user.length = 0;
    return lost;
  }
}
