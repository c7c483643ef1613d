import { readRaise } from "../authority/budget-options.ts";
import type { Asking } from "../authority/verdict.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decision, PendingApproval } from "../wire/approval.ts";
import { describe } from "../wire/error-codec.ts";
import type { Json } from "../wire/json.ts";
import type { Unit } from "../wire/spec.ts";
import { decisionKey, readDecision } from "./decision.ts";
import type { Swarm } from "./swarm.ts";

export type Approve = (request: PendingApproval) => Promise<Decision> | Decision;

export interface ApprovalOptions {
  readonly approvalTimeoutMs: number;
  readonly approve?: Approve | undefined;
}

/** A refusal by a budget whose owner wants to be asked. */
export interface UsedUp {
  readonly error: CoppiceError;
  readonly unit: Unit;
  readonly asks: string;
  /** Whether a person has allowed the call itself: more money is no such yes. */
  readonly approved: boolean;
}

/** Decisions that are remembered, so that the same one may come twice. */
const DECISIONS_KEPT = 1000;

/** What is asked, and what follows from the answer. */
export interface Question {
  readonly node: Node;
  readonly callId: string;
  readonly kind: PendingApproval["kind"];
  readonly subject: string;
  readonly reason: string;
  readonly input?: Json;
  /** Fails with OPTIONS_INVALID for a yes that says nothing usable; the question stays open. */
  readonly check?: (decision: Decision) => void;
  /** What a yes changes beyond the call: remembered rights, a lifted budget. */
  readonly onAllowed: (decision: Decision) => void;
  /** Whether a yes to this one answers another question too; that one only goes on then. */
  readonly covers?: (other: Question, decision: Decision) => boolean;
  readonly goOn: () => void;
  /** Of a budget: which account and unit. */
  readonly purse?: string;
  readonly onDenied: (error: CoppiceError) => void;
}

/**
 * Questions that people decide while only the call that asks waits.
 *
 * **Guarantees** an answer counts once; without one in time the call is refused; whoever is
 * cancelled asks no more.
 */
export class Approvals {
  readonly #swarm: Swarm;
  readonly #timeoutMs: number;
  readonly #approve: Approve | undefined;
  readonly #open = new Map<
    string,
    { readonly asked: PendingApproval; readonly question: Question }
  >();
  readonly #decided = new Map<string, string>();
  /** Calls that were decided and have not been asked for again yet. */
  readonly #again = new Map<string, { readonly node: Node; readonly approved: boolean }>();
  #count = 0;

  constructor(swarm: Swarm, options: ApprovalOptions) {
    this.#swarm = swarm;
    this.#timeoutMs = options.approvalTimeoutMs;
    this.#approve = options.approve;
  }

  list(): PendingApproval[] {
    return [...this.#open.values()].map(({ asked }) => asked);
  }

  ask(question: Question): void {
    const { kernel, clock, log } = this.#swarm;
    const { node, callId, kind, subject, reason, input } = question;
    this.#count += 1;
    const id = `approval-${this.#count}`;
    const askedAt = Math.floor(clock.now());
    const expiresAt = askedAt + this.#timeoutMs;
    const about = { kind, subject, reason, ...(input === undefined ? {} : { input }) };
    const asked = { id, path: node.path, ...about, askedAt, expiresAt };
    this.#open.set(id, { asked, question });
    // Before anybody hears of it: a listener may decide at once, or end the agent.
    kernel.hold(node, callId, { id, until: expiresAt });
    log.fact("approval.requested", node.path, { id, callId, ...about, expiresAt });
    if (this.#approve !== undefined) void this.#callBack(this.#approve, asked);
  }

  /**
   * Asks whether a call may be made that a grant asks about. A yes does not make it: the door is
   * asked once more, for rights and budget as they are then.
   */
  askForCall(
    node: Node,
    callId: string,
    asking: Asking,
    deny: (error: CoppiceError) => void,
  ): void {
    const { subject, reason, input } = asking;
    this.ask({
      ...{ node, callId, subject, reason },
      kind: "tool",
      ...(input === undefined ? {} : { input: structuredClone(input) }),
      onAllowed: ({ scope = "once" }) => {
        const { seat } = this.#swarm.recordOf(node);
        if (scope !== "once") this.#swarm.parts.arbiter.remember(seat, subject, scope);
      },
      covers: (other, { scope }) =>
        other.kind === "tool" && other.subject === subject && isWithin(other.node, node, scope),
      goOn: () => this.#askAgain(node, callId, true),
      onDenied: deny,
    });
  }

  /**
   * Asks for more of a budget that is used up; `otherwise` is what follows from a no. A yes lifts
   * it by the decision's `answer`, or by as much as it was, and the door is asked once more.
   */
  askForMore(node: Node, callId: string, usedUp: UsedUp, otherwise: () => void): void {
    const { error, unit, asks, approved } = usedUp;
    const { limit } = error.details;
    const purse = `${asks} ${unit}`;
    this.ask({
      ...{ node, callId },
      kind: "budget",
      subject: `budget:${unit}`,
      reason: error.message,
      input: { ...error.details } as Json,
      check: ({ answer }) => void (answer === undefined || readRaise(unit, answer)),
      onAllowed: ({ answer = Number(limit) || 1 }) => {
        this.#swarm.parts.arbiter.raise(asks, unit, answer as number);
      },
      // The same purse: what was added serves whoever stood before it, as far as it goes.
      covers: (other) => other.kind === "budget" && other.purse === purse,
      purse,
      goOn: () => this.#askAgain(node, callId, approved),
      onDenied: otherwise,
    });
  }

  /** For a call that is asked for again, once: whether a person has allowed it. */
  takeAgain(callId: string): { readonly approved: boolean } | undefined {
    const again = this.#again.get(callId);
    this.#again.delete(callId);
    return again;
  }

  /**
   * Decides a question; the same decision again has no effect.
   *
   * **Fails with** APPROVAL_UNKNOWN for an id that is unknown, withdrawn or decided otherwise;
   * OPTIONS_INVALID for an amount that no budget can be lifted by: it may be decided again.
   */
  decide(id: string, decision: Decision): void {
    const key = decisionKey(decision);
    const before = this.#decided.get(id);
    if (before === key) return;
    const open = this.#open.get(id);
    if (open === undefined) {
      const why = before === undefined ? "is not open" : "was decided otherwise";
      throw new CoppiceError("APPROVAL_UNKNOWN", `the approval "${id}" ${why}`, { id });
    }
    const { question, asked } = open;
    if (decision.allow) question.check?.(decision);
    this.#remember(id, key);
    this.#close(id, { ...decision });
    if (decision.allow) return this.#allow(id, question, decision);
    const { reason } = decision;
    const told = `${asked.subject} was refused${reason === undefined ? "" : `: ${reason}`}`;
    question.onDenied(new CoppiceError("APPROVAL_DENIED", told, { id, reason }));
  }

  /** Nobody answered: the call is refused. */
  expire(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#close(id, { allow: false, reason: "nobody answered in time" });
    const told = `nobody answered for ${open.asked.subject} in ${this.#timeoutMs} ms`;
    open.question.onDenied(new CoppiceError("APPROVAL_TIMED_OUT", told, { id }));
  }

  /** The agent is ending: what it asked is withdrawn. */
  withdraw(node: Node): void {
    for (const [id, { question }] of this.#open) {
      if (question.node === node) this.#close(id, { allow: false, reason: "withdrawn" });
    }
    for (const [callId, again] of this.#again) {
      if (again.node === node) this.#again.delete(callId);
    }
  }

  #allow(id: string, question: Question, decision: Decision): void {
    question.onAllowed(decision);
    question.goOn();
    for (const [other, { question: waiting }] of [...this.#open]) {
      if (question.covers?.(waiting, decision) !== true || !this.#open.has(other)) continue;
      const as = { allow: true, reason: `as ${id}` };
      this.#remember(other, decisionKey(as));
      this.#close(other, as);
      waiting.goOn();
    }
  }

  #askAgain(node: Node, callId: string, approved: boolean): void {
    this.#again.set(callId, { node, approved });
    this.#swarm.kernel.again(node, callId);
  }

  #close(id: string, told: Decision): void {
    const { kernel, log } = this.#swarm;
    const { node } = (this.#open.get(id) as { readonly question: Question }).question;
    this.#open.delete(id);
    log.fact("approval.decided", node.path, { id, ...told });
    kernel.unhold(node);
  }

  /** A callback that fails refuses: nothing goes on because of a bug. */
  async #callBack(approve: Approve, asked: PendingApproval): Promise<void> {
    let decision: Decision;
    try {
      // Not within the step that asks: the callback may use the supervisor.
      await Promise.resolve();
      if (!this.#open.has(asked.id)) return;
      decision = readDecision(await approve(asked), "approve");
      if (decision.allow) this.#open.get(asked.id)?.question.check?.(decision);
    } catch (thrown) {
      decision = { allow: false, reason: `the approve callback failed: ${describe(thrown)}` };
    }
    // Somebody else may have decided meanwhile, or the question was withdrawn.
    if (!this.#open.has(asked.id)) return;
    this.#swarm.step(() => this.decide(asked.id, decision));
  }

  #remember(id: string, decision: string): void {
    this.#decided.set(id, decision);
    if (this.#decided.size > DECISIONS_KEPT) {
      this.#decided.delete(this.#decided.keys().next().value as string);
    }
  }
}

/** True for the agents that a yes of this scope speaks of. */
function isWithin(other: Node, node: Node, scope: Decision["scope"]): boolean {
  if (scope === "always") return true;
  if (scope === "run") return other.top === node.top;
  return scope === "agent" && other === node;
}
