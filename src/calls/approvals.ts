import type { Engine } from "../engine/engine.ts";
import type { Input } from "../engine/input.ts";
import type { Question } from "../engine/question.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decided, Decision, PendingApproval } from "../wire/approval.ts";
import type { DecisionCause } from "../wire/event.ts";
import type { Json } from "../wire/json.ts";
import { shownText } from "../wire/shown-text.ts";
import { checkAnswer } from "./answer-check.ts";
import { type Approve, askCallback } from "./approve-callback.ts";
import { type Decidable, decisionKey, readDecided } from "./decision.ts";
import { FarAnswers } from "./far-answers.ts";
import { KnownDecisions } from "./known-decisions.ts";
import { OpenQuestions } from "./open-questions.ts";
import { type Answered, meanings, type Posed } from "./question.ts";
import { UnattendedWarning } from "./unattended.ts";

export interface ApprovalOptions {
  readonly approvalTimeoutMs: number;
  readonly approve?: Approve | undefined;
}

/** A question as it was asked; how long it has waited depends on who looks when. */
type Asked = Omit<PendingApproval, "waitingMs">;

interface Open extends Posed {
  readonly asked: Asked;
  /** When it was asked, by what passes and not by the date. */
  readonly since: number;
}

/** What an answer does to the call that asks, other than a yes. */
export interface Askers {
  /** The call is not made. */
  deny(posed: Posed, error: CoppiceError): void;
  /** Of a tool call: a person has given its result; the tool is not run. */
  standIn(posed: Posed, decision: Decision): void;
}

/**
 * Questions that people decide while only the call that asks waits.
 *
 * **Guarantees** an answer counts once; without one in time the call is refused; whoever is
 * cancelled asks no more.
 */
export class Approvals {
  readonly #swarm: Engine;
  readonly #askers: Askers;
  readonly #timeoutMs: number;
  readonly #approve: Approve | undefined;
  readonly #open = new OpenQuestions<Open>();
  readonly #far: FarAnswers;
  readonly #decided = new KnownDecisions();
  #count = 0;
  readonly #warning: UnattendedWarning;

  constructor(swarm: Engine, options: ApprovalOptions, askers: Askers) {
    this.#swarm = swarm;
    this.#askers = askers;
    this.#timeoutMs = options.approvalTimeoutMs;
    this.#approve = options.approve;
    this.#far = new FarAnswers((notice) => swarm.inbox.notify(notice));
    this.#warning = new UnattendedWarning(options.approvalTimeoutMs);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved() {
    const open: ReadonlyMap<string, Posed> = this.#open.all;
    return { open, decided: this.#decided, count: this.#count };
  }

  list(): PendingApproval[] {
    const now = this.#swarm.clock.now();
    const waited = ({ since }: Open): number => Math.floor(now - since);
    return [...this.#open.all.values()].map((one) => ({ ...one.asked, waitingMs: waited(one) }));
  }

  /** What a call of `decide` decides. Fails with OPTIONS_INVALID. */
  read(what: Decidable, decision: unknown): readonly Decided[] {
    return readDecided(what, decision);
  }

  /**
   * Has a person asked. A yes does not make a call: the door is asked once more, for rights, budget
   * and the tool as they are then.
   */
  ask(node: Node, question: Question): void {
    const { kernel, log, outside, wall } = this.#swarm;
    const { callId, kind, subject, reason, input, version } = question;
    const id = outside.ask("approval", () => this.#nextId());
    const askedAt = Math.floor(wall);
    const since = kernel.tree.now;
    const expiresAt = askedAt + this.#timeoutMs;
    const hash = kind === "tool" && version !== undefined ? { hash: version } : {};
    // Nobody who is told may change what the others are shown.
    const shown = input === undefined ? {} : { input: frozen(structuredClone(input)) };
    const { labels, plan } = this.#swarm.recordOf(node);
    const whose = { template: plan.agent, labels };
    const about = { kind, subject, reason, ...shown, ...hash, ...whose };
    const asked = { id, path: node.path, ...about, askedAt, expiresAt };
    const isHeard = () => log.isHeard("approval.requested", node.path);
    const isAttended = outside.look("attended", () => this.#approve !== undefined || isHeard());
    const unattended = isAttended ? {} : { unattended: true };
    this.#open.add(id, { asked, since, node, question });
    // Before anybody hears of it: a listener may decide at once, or end the agent.
    kernel.hold(node, callId, { id, until: since + this.#timeoutMs });
    log.fact("approval.requested", node.path, { id, callId, ...about, expiresAt, ...unattended });
    const { releases } = this.#swarm;
    if (!isAttended) releases.add(() => this.#warning.give(asked));
    const approve = this.#approve;
    if (approve !== undefined) releases.add(() => void this.#callBack(approve, asked));
  }

  /**
   * What is to be decided, each run's by itself; the same decision again has no effect.
   *
   * **Fails with** APPROVAL_UNKNOWN for an id that is unknown, withdrawn or decided otherwise;
   * OPTIONS_INVALID for a decision that does not answer its question, and for two of one. Nothing
   * has been decided then.
   */
  ordersFor(decisions: readonly Decided[]): readonly Extract<Input, { type: "decide" }>[] {
    const fresh = new Map<string, Decided & { readonly run: string }>();
    for (const [index, { id, decision }] of decisions.entries()) {
      const open = this.#openFor(index, { id, decision }, fresh.get(id)?.decision);
      if (open !== undefined) fresh.set(id, { id, decision, run: open.node.top.path });
    }
    const byRun = Map.groupBy(fresh.values(), ({ run }) => run);
    return [...byRun].map(([run, all]) => {
      return { type: "decide", run, decisions: all.map(({ id, decision }) => ({ id, decision })) };
    });
  }

  /** Decides questions of one run as one. */
  decide(decisions: readonly Decided[]): void {
    const fresh = decisions.flatMap(({ id, decision }) => {
      const open = this.#open.all.get(id);
      return open === undefined ? [] : [{ ...open, id, decision }];
    });
    // Nobody hears of one before all are decided, and no yes to one answers another of them.
    for (const { id, decision } of fresh) this.#take(id, decision);
    for (const one of fresh) this.#tell(one.node, one.id, one.decision);
    const { contained } = this.#swarm;
    for (const one of fresh) {
      contained.run(one.asked.path, "approval", () => this.#carryOut(one));
    }
  }

  /** A yes to a question of another run speaks of questions of this one too. */
  coverFrom({ answers }: Extract<Input, { type: "allowed" }>): void {
    for (const { id, question, decision } of answers) this.#cover(id, { question }, decision);
  }

  /** Has other runs hear of what a person has allowed them too. */
  readonly notice = (): void => this.#far.notice(this.#open.runs);

  /** Nobody answered: the call is refused. */
  expire(id: string): void {
    const open = this.#open.all.get(id);
    if (open === undefined) return;
    this.#close(id, "nobody answered in time", "timed-out");
    const silent = this.#approve === undefined ? "" : ": the approve callback gave no decision";
    const subject = shownText(open.asked.subject);
    const told = `nobody answered for ${subject} in ${this.#timeoutMs} ms${silent}`;
    const late = new CoppiceError("APPROVAL_TIMED_OUT", told, { id });
    const { contained } = this.#swarm;
    contained.run(open.asked.path, "approval", () => this.#askers.deny(open, late));
  }

  /** The agent is ending: what it asked is withdrawn. */
  withdraw(node: Node): void {
    for (const [id, open] of this.#open.of(node.top.path)) {
      if (open.node === node) this.#close(id, "withdrawn", "withdrawn");
    }
  }

  /** The question that is to be decided, if it is still to be: fails where it cannot be. */
  #openFor(index: number, { id, decision }: Decided, other?: Decision): Open | undefined {
    const key = decisionKey(decision);
    const before =
      this.#decided.keyOf(id) ?? (other === undefined ? undefined : decisionKey(other));
    if (before === key) return undefined;
    const open = this.#open.all.get(id);
    const details = { id, index };
    if (open !== undefined && before !== undefined) {
      const message = `decisions ${index} and another decide "${id}" differently`;
      throw new CoppiceError("OPTIONS_INVALID", message, details);
    }
    if (open === undefined) {
      const why = before === undefined ? "is not open" : "was decided otherwise";
      throw new CoppiceError("APPROVAL_UNKNOWN", `the approval "${id}" ${why}`, details);
    }
    checkAnswer(open, decision);
    return open;
  }

  #carryOut(one: Open & Decided): void {
    const { id, decision, node, asked } = one;
    // Somebody who was told has ended its agent.
    if (node.closed) return;
    if (!decision.allow) {
      const { reason } = decision;
      const why = reason === undefined ? "" : `: ${reason}`;
      const told = `${shownText(asked.subject)} was refused${why}`;
      this.#askers.deny(one, new CoppiceError("APPROVAL_DENIED", told, { id, reason }));
    } else if (decision.result !== undefined) this.#askers.standIn(one, decision);
    else this.#allow(one);
  }

  #allow(one: Open & Decided): void {
    const { id, decision } = one;
    const { allow, goOn } = meanings[one.question.kind];
    allow(this.#swarm, one, decision);
    goOn(this.#swarm, one, decision);
    this.#cover(id, one, decision);
    const { question, node } = one;
    if (!meanings[question.kind].reachesFar?.(question, decision)) return;
    this.#swarm.outside.tell(() => this.#far.add(node, { id, question, decision }));
  }

  /** What else of this run it answers goes on too. */
  #cover(id: string, answered: Answered, decision: Decision): void {
    const { covers, goOn } = meanings[answered.question.kind];
    const run = this.#swarm.runs.currentPath ?? "/";
    for (const [other, waiting] of this.#open.of(run)) {
      if (!this.#open.all.has(other)) continue;
      if (covers?.(answered, waiting, decision) !== true) continue;
      const as = { allow: true, reason: `as ${id}` };
      this.#take(other, as);
      this.#tell(waiting.node, other, as, "covered");
      goOn(this.#swarm, waiting, as);
    }
  }

  /** It is decided from now on, also for who is told of it. */
  #take(id: string, decision: Decision): void {
    this.#swarm.outside.tell(() => this.#decided.add(id, decision));
    this.#open.delete(id);
  }

  /** Nobody has decided it, and nobody can any more. */
  #close(id: string, reason: string, cause: DecisionCause): void {
    const { node } = this.#open.all.get(id) as Open;
    this.#open.delete(id);
    this.#tell(node, id, { allow: false, reason }, cause);
  }

  #tell(node: Node, id: string, decision: Decision, cause?: DecisionCause): void {
    const why = cause === undefined ? {} : { cause };
    this.#swarm.log.fact("approval.decided", node.path, { id, ...decision, ...why });
    this.#swarm.kernel.unhold(node);
  }

  /** A callback that fails refuses: nothing goes on because of a bug. */
  async #callBack(approve: Approve, asked: Asked): Promise<void> {
    if (!this.#open.all.has(asked.id)) return;
    const { id } = asked;
    const answer = await askCallback(approve, { ...asked, waitingMs: 0 }, (decision) => {
      const open = this.#open.all.get(id);
      if (open !== undefined) checkAnswer(open, decision);
    });
    // Somebody else may have decided meanwhile, or the question was withdrawn.
    if (!this.#open.all.has(id)) return;
    const { inbox } = this.#swarm;
    const { path: run } = (this.#open.all.get(id) as Open).node.top;
    if (answer.status === "failed") {
      return inbox.post({ type: "no-decision", run, id, reason: answer.reason });
    }
    inbox.post({ type: "decide", run, decisions: [{ id, decision: answer.decision }] });
  }

  /** Whoever was to decide has failed: the call is refused. */
  refuse(id: string, reason: string): void {
    const open = this.#open.all.get(id);
    if (open === undefined) return;
    this.#close(id, reason, "callback-failed");
    if (open.node.closed) return;
    this.#askers.deny(open, new CoppiceError("APPROVAL_DENIED", reason, { id, reason }));
  }

  #nextId(): string {
    this.#count += 1;
    return `approval-${this.#count}`;
  }
}

function frozen(value: Json): Json {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part ?? null);
  return Object.freeze(value);
}
