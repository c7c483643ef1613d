import { type RateAnswer, type RateOptions, Rates } from "../authority/rates.ts";
import { UNSTARTED } from "../authority/request.ts";
import { type CallProgress, endWaiting, keepProgress } from "../engine/call-progress.ts";
import type { Input } from "../engine/input.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { WireError } from "../wire/outcome.ts";
import type { GoingOnEngine } from "./go-on.ts";

/** A call that has its rights and its budget, and may have to wait for its rate. */
export interface RateLimitedCall {
  readonly node: Node;
  readonly callId: string;
  readonly subject: string;
  /** The progress to keep for the call while it waits. */
  readonly progress: CallProgress;
}

/** A rate's answer in the form that is recorded with the step. */
interface Answered {
  readonly status: RateAnswer["status"];
  readonly error?: WireError;
}

/** Calls that wait, without a slot, for the rate of their tool or model, shared by all runs. */
export class RateLimitedCalls {
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

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved(): object {
    return { waiting: this.#waiting, rates: this.#rates, armedFor: this.#armedFor };
  }

  /** The waiting calls by id, with their agents. */
  get callers(): ReadonlyMap<string, Node> {
    return this.#waiting;
  }

  /**
   * Asks the rate of a call whether it may begin now. A call that may not waits until its rate
   * allows it or its agent ends. A call that is refused gets its reservation back.
   */
  pass({ node, callId, subject, progress }: RateLimitedCall): RateAnswer {
    const { kernel, parts, outside } = this.#swarm;
    if (!this.#rates.holdFor(subject)) return { status: "granted" };
    const { now } = kernel.tree;
    const { status, error } = outside.query("rate", () => this.#admit(callId, subject, now));
    if (status === "refused") {
      parts.arbiter.release(callId, UNSTARTED);
      return { status, error: decodeError(error as WireError) };
    }
    if (status !== "waiting") return { status };
    this.#waiting.set(callId, node);
    keepProgress(this.#swarm.recordOf(node), callId, { ...progress, waitsFor: "rate" });
    kernel.idleCall(node, callId);
    return { status };
  }

  /** Notifies the runs of the calls whose turn has come. */
  readonly noticeDue = (): void => {
    if (this.#waiting.size === 0) return;
    const { kernel, inbox } = this.#swarm;
    const { now } = kernel.tree;
    if (this.#armedFor <= now) this.#armedFor = Number.POSITIVE_INFINITY;
    for (const callId of this.#rates.take(now)) {
      const node = this.#waiting.get(callId);
      if (node !== undefined) inbox.notify({ type: "rate-cleared", agent: keyOf(node), callId });
    }
    this.#arm();
  };

  /** Resumes a call whose turn has come, unless it was withdrawn meanwhile. */
  rateCleared({ callId }: Extract<Input, { type: "rate-cleared" }>): void {
    const node = this.#waiting.get(callId);
    if (node === undefined) return;
    this.#waiting.delete(callId);
    endWaiting(this.#swarm.recordOf(node), callId, { isReserved: true, isRateCleared: true });
    this.#swarm.requests.add({ type: "go-on", node, callId });
  }

  /** Withdraws a call from the queue of its rate. */
  withdraw(callId: string): void {
    if (!this.#waiting.delete(callId)) return;
    this.#swarm.outside.update(() => this.#rates.withdraw(callId));
  }

  #admit(callId: string, subject: string, now: number): Answered {
    const answer = this.#rates.admit(callId, subject, now);
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
