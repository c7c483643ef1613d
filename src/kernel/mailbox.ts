import type { DeliveryBody } from "../wire/delivery.ts";

/** Notes that are kept for one agent's next model call. */
export const MAX_KEPT_NOTES = 16;

/** A delivery that was sent to the host: numbered, and kept until a frame covers it. */
export interface Sent {
  readonly n: number;
  readonly body: DeliveryBody;
}

/**
 * An agent's mailbox: a system lane that is never refused and always first, a user lane that its
 * senders keep within a bound, notes, and the deliveries that no frame has covered yet.
 */
export class Mailbox {
  readonly system: DeliveryBody[] = [];
  readonly user: DeliveryBody[] = [];
  /** Lines for the next model call: the newest {@link MAX_KEPT_NOTES}. */
  readonly notes: DeliveryBody[] = [];
  #sent: Sent[] = [];
  /** The number of messages in `#sent`, kept up to date because every send checks the bound. */
  #messagesSent = 0;
  #last = 0;
  #covered = 0;

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const { system, user, notes } = this;
    return { system, user, notes, sent: this.#sent, last: this.#last, covered: this.#covered };
  }

  note(text: string): void {
    this.notes.push({ type: "note", text });
    if (this.notes.length > MAX_KEPT_NOTES) this.notes.shift();
  }

  /** User messages that count against the bound: waiting, or delivered and not yet covered. */
  get waiting(): number {
    return this.user.length + this.#messagesSent;
  }

  /** True when both lanes are empty and frames have covered every delivery; notes do not count. */
  get empty(): boolean {
    return this.system.length === 0 && this.user.length === 0 && this.#sent.length === 0;
  }

  /** The number of the last delivery that a frame has covered. */
  get covered(): number {
    return this.#covered;
  }

  /** The number of the last delivery. */
  get last(): number {
    return this.#last;
  }

  /** The deliveries that no frame has covered yet. */
  get unacknowledged(): readonly Sent[] {
    return this.#sent;
  }

  /** Numbers a delivery and keeps it until a frame covers it. */
  send(body: DeliveryBody): Sent {
    this.#last += 1;
    const sent = { n: this.#last, body };
    this.#sent.push(sent);
    if (body.type === "message") this.#messagesSent += 1;
    return sent;
  }

  /** Forgets the deliveries that a frame covers; returns true when one of them begins a turn. */
  cover(upTo: number): boolean {
    if (upTo <= this.#covered) return false;
    this.#covered = upTo;
    const sent = this.#sent;
    let many = 0;
    let beginsTurn = false;
    for (; many < sent.length && (sent[many] as Sent).n <= upTo; many += 1) {
      const { type } = (sent[many] as Sent).body;
      if (type === "message") this.#messagesSent -= 1;
      beginsTurn ||= type === "message" || type === "child";
    }
    if (many === sent.length) this.#sent = [];
    else sent.splice(0, many);
    return beginsTurn;
  }

  /** Numbers the uncovered deliveries of a lost host anew, for another host; drops the others. */
  recall(keep: (body: DeliveryBody) => boolean): readonly Sent[] {
    const bodies = this.#sent.map((sent) => sent.body).filter(keep);
    this.#sent = [];
    this.#messagesSent = 0;
    this.#last = this.#covered;
    return bodies.map((body) => this.send(body));
  }

  /**
   * Prepares for a new incarnation: messages that no frame has covered are unread again.
   *
   * @param owed deliveries to read again, even if frames have covered them since
   * @returns the deliveries that are no messages, which were meant for the old incarnation
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

  /** Empties both lanes and returns their content; uncovered deliveries are kept. */
  takeWaiting(): readonly DeliveryBody[] {
    return [...this.system.splice(0), ...this.user.splice(0)];
  }

  /** Empties both lanes and the uncovered deliveries; returns what will never arrive. */
  clear(): readonly DeliveryBody[] {
    const lost = [...this.#sent.map((sent) => sent.body), ...this.system, ...this.user];
    this.#sent = [];
    this.#messagesSent = 0;
    this.system.length = 0;
    this.user.length = 0;
    return lost;
  }
}
