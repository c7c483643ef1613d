import { type RateAnswer, type RateOptions, Rates } from "../authority/rates.ts";
import { UNSTARTED } from "../authority/request.ts";
import { type CallStanding, endWaiting, keepStanding } from "../engine/call-standing.ts";
import type { Node } from "../kernel/node.ts";
import type { GoingOnEngine } from "./go-on.ts";

/** A call that has every right and its budget, and may have to wait for its turn. */
export interface PacedCall {
  readonly node: Node;
  readonly callId: string;
  readonly subject: string;
  /** What is to be known of it once it has waited. */
  readonly standing: CallStanding;
}

/** Calls that wait for the rate of their tool or model, without a slot. */
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

  /**
   * Whether a call may begin now. One that may not waits until its rate allows it, or its agent
   * ends; what was held for one that is refused is given back.
   */
  pass({ node, callId, subject, standing }: PacedCall): RateAnswer {
    const { kernel, parts } = this.#swarm;
    const answer = this.#rates.ask(callId, subject, kernel.tree.now);
    if (answer.status === "refused") parts.arbiter.release(callId, UNSTARTED);
    if (answer.status !== "waiting") return answer;
    this.#waiting.set(callId, node);
    keepStanding(this.#swarm.recordOf(node), callId, { ...standing, waitsFor: "rate" });
    this.#arm();
    kernel.idleCall(node, callId);
    return answer;
  }

  /** Goes on with those whose turn has come; true when there were any. */
  wake(): boolean {
    if (this.#waiting.size === 0) return false;
    const { now } = this.#swarm.kernel.tree;
    if (this.#armedFor <= now) this.#armedFor = Number.POSITIVE_INFINITY;
    const due = this.#rates.take(now);
    for (const callId of due) {
      const node = this.#waiting.get(callId) as Node;
      this.#waiting.delete(callId);
      endWaiting(this.#swarm.recordOf(node), callId, { isReserved: true, isPaced: true });
      this.#swarm.requests.add({ type: "go-on", node, callId });
    }
    this.#arm();
    return due.length > 0;
  }

  /** Takes a call out of its line. */
  withdraw(callId: string): void {
    if (this.#waiting.delete(callId)) this.#rates.withdraw(callId);
  }

  #arm(): void {
    const { next } = this.#rates;
    if (next === undefined || next >= this.#armedFor) return;
    this.#armedFor = next;
    this.#swarm.kernel.tree.deadlines.add(next, { type: "rate" });
  }
}
