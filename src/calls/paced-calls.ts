import { type RateOptions, Rates } from "../authority/rates.ts";
import type { Engine } from "../engine/engine.ts";
import type { CoppiceError } from "../errors.ts";
import { isPaused, type Node } from "../kernel/node.ts";

/** A call that has every right and its budget, and may have to wait for its turn. */
export interface PacedCall {
  readonly node: Node;
  readonly callId: string;
  readonly subject: string;
  /** Begins it at once. */
  readonly go: () => void;
  /** It has waited: asks the door once more, whose answer may be another one by now. */
  readonly due: () => void;
  /** It needs a slot for that: see {@link takeDue}. */
  readonly again?: boolean;
  /** Too many wait already. */
  readonly refuse: (error: CoppiceError) => void;
}

/** Calls that wait for the rate of their tool or model, without a slot. */
export class PacedCalls {
  readonly #swarm: Engine;
  readonly #rates: Rates;
  readonly #waiting = new Map<string, PacedCall>();
  /** Calls that are being asked for again. */
  readonly #due = new Map<string, () => void>();
  readonly #byNode = new Map<Node, Set<string>>();
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(swarm: Engine, rates: RateOptions | undefined) {
    this.#swarm = swarm;
    this.#rates = new Rates(rates);
  }

  get waiting(): number {
    return this.#rates.waiting;
  }

  isWaiting(callId: string): boolean {
    return this.#waiting.has(callId);
  }

  /** Begins a call, or has it wait until its rate allows it; cancelling its agent ends the wait. */
  pass(call: PacedCall): void {
    const { kernel } = this.#swarm;
    const { node, callId } = call;
    const answer = this.#rates.ask(callId, call.subject, kernel.tree.now);
    if (answer.status === "granted") return call.go();
    if (answer.status === "refused") {
      this.#swarm.parts.arbiter.release(callId, { started: false });
      return call.refuse(answer.error);
    }
    this.#waiting.set(callId, call);
    this.#remember(node, callId);
    this.#arm();
    kernel.idleCall(node, callId);
  }

  /** Goes on with those whose turn has come; true when there were any. */
  wake(): boolean {
    if (this.#waiting.size === 0) return false;
    const { now } = this.#swarm.kernel.tree;
    if (this.#armedFor <= now) this.#armedFor = Number.POSITIVE_INFINITY;
    const due = this.#rates.take(now);
    for (const callId of due) {
      const call = this.#waiting.get(callId) as PacedCall;
      this.#waiting.delete(callId);
      this.#swarm.contained.run(call.node.path, "paced call", () => this.#goOn(call));
    }
    this.#arm();
    return due.length > 0;
  }

  /** What goes on with a call that has waited and whose turn it is; told once. */
  takeDue(node: Node, callId: string): (() => void) | undefined {
    const due = this.#due.get(callId);
    if (due === undefined) return undefined;
    this.#due.delete(callId);
    this.#forget(node, callId);
    return due;
  }

  /** Takes back the calls of an agent that is ending: they never began. */
  withdraw(node: Node): void {
    for (const callId of this.#byNode.get(node) ?? []) {
      this.#rates.withdraw(callId);
      this.#waiting.delete(callId);
      this.#due.delete(callId);
      this.#swarm.parts.arbiter.release(callId, { started: false });
    }
    this.#byNode.delete(node);
  }

  /** Has a call that may begin wait for its agent's slot, and so for the end of its pause. */
  askAgain(node: Node, callId: string, due: () => void): void {
    this.#remember(node, callId);
    this.#due.set(callId, due);
    this.#swarm.kernel.again(node, callId);
  }

  #goOn(call: PacedCall): void {
    const { node, callId, again = false } = call;
    // Its agent was ended in this very tick, and is about to take it back.
    if (node.closed) return;
    if (again || isPaused(node)) return this.askAgain(node, callId, call.due);
    this.#forget(node, callId);
    call.due();
  }

  #remember(node: Node, callId: string): void {
    const calls = this.#byNode.get(node) ?? new Set();
    this.#byNode.set(node, calls.add(callId));
  }

  #forget(node: Node, callId: string): void {
    const calls = this.#byNode.get(node);
    calls?.delete(callId);
    if (calls?.size === 0) this.#byNode.delete(node);
  }

  #arm(): void {
    const { next } = this.#rates;
    if (next === undefined || next >= this.#armedFor) return;
    this.#armedFor = next;
    this.#swarm.kernel.tree.deadlines.add(next, { type: "rate" });
  }
}
