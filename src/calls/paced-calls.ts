import { type RateAnswer, type RateOptions, Rates } from "../authority/rates.ts";
import { UNSTARTED } from "../authority/request.ts";
import { type CallStanding, endWaiting, keepStanding } from "../engine/call-standing.ts";
import type { Input } from "../engine/input.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import type { GoingOnEngine } from "./go-on.ts";

/** A call that has every right and its budget, and may have to wait for its turn. */
export interface PacedCall {
  readonly node: Node;
  readonly callId: string;
  readonly subject: string;
  /** What is to be known of it once it has waited. */
  readonly standing: CallStanding;
}

/** A rate's answer as it is noted. */
interface Answered {
  readonly status: RateAnswer["status"];
  readonly error?: WireError;
}

/** Calls that wait for the rate of their tool or model, without a slot: rates are of all runs. */
export class PacedCalls {
  readonly #swarm: GoingOnEngine;
  readonly #rates: Rates;
  readonly #waiting = new Map<string, Node>();
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(swarm: GoingOnEngine, rates: RateOptions | undefined) {
    this.#swarm = swarm;
    this.#rates = new Rates(rates);
  }

  get waiting(): number {
    return this.#rates.waiting;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return { waiting: this.#waiting, rates: this.#rates, armedFor: this.#armedFor };
  }

  /** The calls that wait, and whose they are. */
  get callers(): ReadonlyMap<string, Node> {
    return this.#waiting;
  }

  /**
   * Whether a call may begin now. One that may not waits until its rate allows it, or its agent
   * ends; what was held for one that is refused is given back.
   */
  pass({ node, callId, subject, standing }: PacedCall): RateAnswer {
    const { kernel, parts, outside } = this.#swarm;
    if (!this.#rates.holdFor(subject)) return { status: "granted" };
    const { now } = kernel.tree;
    const { status, error } = outside.ask("rate", () => this.#ask(callId, subject, now));
    if (status === "refused") {
      parts.arbiter.release(callId, UNSTARTED);
      return { status, error: decodeError(error as WireError) };
    }
    if (status !== "waiting") return { status };
    this.#waiting.set(callId, node);
    keepStanding(this.#swarm.recordOf(node), callId, { ...standing, waitsFor: "rate" });
    kernel.idleCall(node, callId);
    return { status };
  }

  /** Has the runs hear of those whose turn has come. */
  readonly noticeDue = (): void => {
    if (this.#waiting.size === 0) return;
    const { kernel, inbox } = this.#swarm;
    const { now } = kernel.tree;
    if (this.#armedFor <= now) this.#armedFor = Number.POSITIVE_INFINITY;
    for (const callId of this.#rates.take(now)) {
      const node = this.#waiting.get(callId);
      if (node !== undefined) inbox.notify({ type: "paced", agent: keyOf(node), callId });
    }
    this.#arm();
  };

  /** The turn of a call has come; unless it was taken back meanwhile. */
  paced({ callId }: Extract<Input, { type: "paced" }>): void {
    const node = this.#waiting.get(callId);
    if (node === undefined) return;
    this.#waiting.delete(callId);
    endWaiting(this.#swarm.recordOf(node), callId, { isReserved: true, isPaced: true });
    this.#swarm.requests.add({ type: "go-on", node, callId });
  }

  /** Takes a call out of its line. */
  withdraw(callId: string): void {
    if (!this.#waiting.delete(callId)) return;
    this.#swarm.outside.tell(() => this.#rates.withdraw(callId));
  }

  #ask(callId: string, subject: string, now: number): Answered {
    const answer = this.#rates.ask(callId, subject, now);
    this.#arm();
    if (answer.status !== "refused") return answer;
    return { status: "refused", error: encodeError(answer.error, "QUEUE_FULL") };
  }

  #arm(): void {
    const { next } = this.#rates;
    if (next === undefined || next >= this.#armedFor) return;
    this.#armedFor = next;
    this.#swarm.runs.trunk.tree.deadlines.add(next, { type: "rate" });
  }
}
