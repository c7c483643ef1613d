import type { Engine } from "../engine/engine.ts";
import type { Input } from "../engine/input.ts";
import type { Question } from "../engine/question.ts";
import { CoppiceError } from "../errors.ts";
import type { Node } from "../kernel/node.ts";
import type { Decided, Decision, PendingApproval } from "../wire/approval.ts";
import type { DecisionCause } from "../wire/event.ts";
import type { Json } from "../wire/json.ts";
import { jsonCopy } from "../wire/json-copy.ts";
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

/** A question as it was asked; `waitingMs` is added when it is listed. */
type Asked = Omit<PendingApproval, "waitingMs">;

interface Open extends Posed {
  readonly asked: Asked;
  /** The time of asking in milliseconds of the run's monotonic clock, not of the date. */
  readonly since: number;
}

/** The effects of an answer other than a yes on the call that asked. */
export interface Askers {
  /** Refuses the call; it is not made. */
  deny(posed: Posed, error: CoppiceError): void;
  /** Settles a tool call with the result that a person gave; the tool is not run. */
  standIn(posed: Posed, decision: Decision): void;
}

/**
 * The open questions that people decide; only the call that asked waits for the answer.
 *
 * **Guarantees** an answer counts once; a call without an answer in time is refused; the questions
 * of an agent that ends are withdrawn.
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

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved() {
    const open: ReadonlyMap<string, Posed> = this.#open.all;
    return { open, decided: this.#decided, count: this.#count };
  }

  list(): PendingApproval[] {
    const now = this.#swarm.clock.now();
    const waited = ({ since }: Open): number => Math.floor(now - since);
    return [...this.#open.all.values()].map((one) => ({ ...one.asked, waitingMs: waited(one) }));
  }

  /** Reads the arguments of a call of `decide`. Fails with OPTIONS_INVALID. */
  read(what: Decidable, decision: unknown): readonly Decided[] {
    return readDecided(what, decision);
  }

  /**
   * Requests the approval of a person for a call. A yes does not make the call: the door decides
   * again, by rights, budget and the tool as they are then.
   */
  request(node: Node, question: Question): void {
    const { kernel, log, outside, wall } = this.#swarm;
    const { callId, kind, subject, reason, input, version } = question;
    const id = outside.query("approval", () => this.#nextId());
    const askedAt = Math.floor(wall);
    const since = kernel.tree.now;
    const expiresAt = askedAt + this.#timeoutMs;
    const hash = kind === "tool" && version !== undefined ? { hash: version } : {};
    // A frozen copy: no receiver can change what the others are shown.
    const shown = input === undefined ? {} : { input: frozen(jsonCopy(input)) };
    const { labels, resolved } = this.#swarm.recordOf(node);
    const whose = { template: resolved.agent, labels };
    const about = { kind, subject, reason, ...shown, ...hash, ...whose };
    const asked = { id, path: node.path, ...about, askedAt, expiresAt };
    const isHeard = () => log.isHeard("approval.requested", node.path);
    const isAttended = outside.look("attended", () => this.#approve !== undefined || isHeard());
    const unattended = isAttended ? {} : ({ unattended: true } as const);
    this.#open.add(id, { asked, since, node, question });
    // Done before the event is emitted: a listener may decide at once, or end the agent.
    kernel.awaitAnswer(node, callId, { id, until: since + this.#timeoutMs });
    log.fact("approval.requested", node.path, { id, callId, ...about, expiresAt, ...unattended });
    const { releases } = this.#swarm;
    if (!isAttended) releases.add(() => this.#warning.give(asked));
    const approve = this.#approve;
    if (approve !== undefined) releases.add(() => void this.#callBack(approve, asked));
  }

  /**
   * Returns one `decide` input for each run that the decisions concern. A decision that is repeated
   * has no effect.
   *
   * **Fails with** APPROVAL_UNKNOWN for an id that is unknown, withdrawn or decided otherwise;
   * OPTIONS_INVALID for a decision that does not answer its question, and for two different
   * decisions of one question. In either case nothing has been decided.
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

  /** Decides several questions of one run as one. */
  decide(decisions: readonly Decided[]): void {
    const fresh = decisions.flatMap(({ id, decision }) => {
      const open = this.#open.all.get(id);
      return open === undefined ? [] : [{ ...open, id, decision }];
    });
    // All decisions are recorded before the first event, and a yes does not cover another question
    // of the same call of `decide`.
    for (const { id, decision } of fresh) this.#take(id, decision);
    for (const one of fresh) this.#tell(one.node, one.id, one.decision);
    const { contained } = this.#swarm;
    for (const one of fresh) {
      contained.run(one.asked.path, "approval", () => this.#carryOut(one));
    }
  }

  /** Applies a yes to a question of another run to the questions of this run that it covers. */
  coverFrom({ answers }: Extract<Input, { type: "allowed" }>): void {
    for (const { id, question, decision } of answers) this.#cover(id, { question }, decision);
  }

  /** Notifies the other runs of the yeses that may cover questions of theirs. */
  readonly notice = (): void => this.#far.notice(this.#open.runs);

  /** Refuses the call because no answer came in time. */
  expire(id: string): void {
    const open = this.#open.all.get(id);
    if (open === undefined) return;
    this.#close(id, "nobody answered in time", "timed-out");
    const silent = this.#approve === undefined ? "" : ": the approve callback gave no decision";
    const subject = shownText(open.asked.subject);
    const message = `nobody answered for ${subject} in ${this.#timeoutMs} ms${silent}`;
    const late = new CoppiceError("APPROVAL_TIMED_OUT", message, { id });
    const { contained } = this.#swarm;
    contained.run(open.asked.path, "approval", () => this.#askers.deny(open, late));
  }

  /** Withdraws the open questions of an agent that is ending. */
  withdraw(node: Node): void {
    for (const [id, open] of this.#open.of(node.top.path)) {
      if (open.node === node) this.#close(id, "withdrawn", "withdrawn");
    }
  }

  /** Returns the question of a decision; undefined for a repeated one. Fails for a wrong one. */
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
    // A listener of the decision may have ended the agent.
    if (node.closed) return;
    if (!decision.allow) {
      const { reason } = decision;
      const why = reason === undefined ? "" : `: ${reason}`;
      const message = `${shownText(asked.subject)} was refused${why}`;
      this.#askers.deny(one, new CoppiceError("APPROVAL_DENIED", message, { id, reason }));
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
    this.#swarm.outside.update(() => this.#far.add(node, { id, question, decision }));
  }

  /** Applies a yes to the other open questions of this run that it covers. */
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

  /** Records the decision and closes the question, before any listener hears of it. */
  #take(id: string, decision: Decision): void {
    this.#swarm.outside.update(() => this.#decided.add(id, decision));
    this.#open.delete(id);
  }

  /** Closes a question without a decision; it can no longer be decided. */
  #close(id: string, reason: string, cause: DecisionCause): void {
    const { node } = this.#open.all.get(id) as Open;
    this.#open.delete(id);
    this.#tell(node, id, { allow: false, reason }, cause);
  }

  #tell(node: Node, id: string, decision: Decision, cause?: DecisionCause): void {
    const why = cause === undefined ? {} : { cause };
    this.#swarm.log.fact("approval.decided", node.path, { id, ...decision, ...why });
    this.#swarm.kernel.endAnswer(node);
  }

  /** Asks the `approve` callback. One that fails refuses the call: a bug never allows one. */
  async #callBack(approve: Approve, asked: Asked): Promise<void> {
    if (!this.#open.all.has(asked.id)) return;
    const { id } = asked;
    const answer = await askCallback(approve, { ...asked, waitingMs: 0 }, (decision) => {
      const open = this.#open.all.get(id);
      if (open !== undefined) checkAnswer(open, decision);
    });
    // The question may have been decided or withdrawn meanwhile.
    if (!this.#open.all.has(id)) return;
    const { inbox } = this.#swarm;
    const { path: run } = (this.#open.all.get(id) as Open).node.top;
    if (answer.status === "failed") {
      return inbox.post({ type: "no-decision", run, id, reason: answer.reason });
    }
    inbox.post({ type: "decide", run, decisions: [{ id, decision: answer.decision }] });
  }

  /** Refuses the call because the `approve` callback failed. */
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
