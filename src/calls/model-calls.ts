import { type BreakerOptions, CircuitBreaker } from "../authority/circuit-breaker.ts";
import { UNSTARTED } from "../authority/request.ts";
import { modelSubject } from "../authority/subjects.ts";
import type { Verdict } from "../authority/verdict.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import {
  type CallStanding,
  endWaiting,
  keepStanding,
  type ModelChoice,
  takeStanding,
} from "../engine/call-standing.ts";
import type { Input } from "../engine/input.ts";
import { isWanted } from "../kernel/calls.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isScripted } from "../models/scripted-usage.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { JobReport, ModelOut, Out } from "../wire/frame.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Approvals } from "./approvals.ts";
import { askedBreaker, type Breaker } from "./asked-breaker.ts";
import type { GoingOnEngine } from "./go-on.ts";
import { type Asked, askedOf, demand, maxTokensIn, standingOf } from "./model-asked.ts";
import { circuitOpen, detailsOf, giveTurnBack, keepChoice } from "./model-choice.ts";
import { closeModelCalls, endModelCalls, loseJobs, type ModelCallsHeld } from "./model-ends.ts";
import { ModelJobs } from "./model-jobs.ts";
import {
  type Exceeded,
  endUnreported,
  growModel,
  settleModel,
  tellOfModel,
} from "./model-report.ts";
import { failsAlone, jobDone } from "./model-result.ts";
import type { PacedCalls } from "./paced-calls.ts";
import { budgetQuestion, callQuestion, type Denial } from "./question.ts";
import { WaitingCalls } from "./waiting-calls.ts";

/** Where model calls are taken up. */
export interface ModelEngine extends GoingOnEngine {
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
}

type ModelReport = Extract<Out, { type: "model.done" | "model.grew" | "model.retried" | "output" }>;

/** The model calls of the swarm: permitted, waited for, run as jobs, settled. */
export class ModelCalls {
  readonly #swarm: ModelEngine;
  readonly jobs: ModelJobs;
  readonly #circuits: CircuitBreaker;
  readonly #breaker: Breaker;
  readonly waiting: WaitingCalls;
  readonly #held: ModelCallsHeld;

  constructor(swarm: ModelEngine, breaker?: BreakerOptions | false) {
    this.#swarm = swarm;
    this.jobs = new ModelJobs(swarm);
    this.#circuits = new CircuitBreaker(breaker);
    this.#breaker = askedBreaker(this.#circuits, swarm.outside);
    this.waiting = new WaitingCalls(swarm);
    const [jobs, waiting] = [this.jobs, this.waiting];
    this.#held = { swarm, breaker: this.#breaker, jobs, waiting };
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved() {
    const { callers: waiting } = this.waiting;
    return { waiting, jobs: this.jobs.saved, breaker: this.#circuits };
  }

  /** Asks the arbiter for a call whose turn has come. */
  request(node: Node, call: Call): void {
    const { kernel } = this.#swarm;
    if (!isWanted(node, call.out)) return;
    const out = call.out as ModelOut;
    const record = this.#swarm.recordOf(node);
    const before = takeStanding(record, out.callId);
    if (before?.isReserved) return this.#goOn(askedOf(record, call, before), before);
    if (record.plan.models.length === 0) {
      const message = `${node.path} has no model; give its spec one`;
      return this.#fail(node, out, { code: "MODEL_FAILED", message, details: {} });
    }
    const choice = giveTurnBack(record, out.callId);
    const { notBefore = 0, isApproved = false } = choice;
    if (notBefore > kernel.tree.now) return kernel.postpone(node, out.callId, notBefore);
    if (kernel.turnsLeft(node) <= 0) {
      return kernel.exhaust(node, "turns", `${node.path} has used its ${node.turns} turns`);
    }
    const { approved = isApproved } = before ?? {};
    this.#choose(node, call, choice, approved);
  }

  /** The turn of a call that waits for its budget has come, if it was not taken back meanwhile. */
  haveTurn({ callId }: Extract<Input, { type: "turn" }>): void {
    const verdict = this.#swarm.parts.arbiter.woke(callId);
    const node = verdict && this.waiting.take(callId);
    if (node !== undefined) this.#woke(node, callId, verdict as Verdict);
  }

  /** What the loop is told is part of its next prompt; a script's prompt has no length. */
  delivered(node: Node, body: DeliveryBody): void {
    if (!node.birth.loop) return;
    const { plan, prompt } = this.#swarm.recordOf(node);
    if (!plan.models.every(isScripted)) prompt.delivered(body);
  }

  /** What a host says of the loop's own stream. */
  report(node: Node, out: ModelReport): void {
    if (out.type === "model.done") settleModel(this.#swarm, this.#breaker, node, out);
    else if (out.type !== "model.grew") tellOfModel(this.#swarm, node, out);
    else
      growModel(this.#swarm, node, out, ({ error, unit }) => {
        this.#swarm.kernel.exhaust(node, unit, error.message);
      });
  }

  /** A stream went down with its host, or never reached one: nobody will tell what it cost. */
  unreported(node: Node, callId: string, began: boolean): void {
    endUnreported(this.#swarm, this.#breaker, node, { callId, began });
  }

  onJobReport(host: string, report: JobReport): void {
    const { kernel } = this.#swarm;
    const { node, exceeded } = this.jobs.reported(host, report) ?? {};
    if (node === undefined) return;
    if (report.type === "grew") {
      const { callId } = report;
      return growModel(this.#swarm, node, report, ({ error }) => this.jobs.exceed(callId, error));
    }
    if (report.type === "output") return tellOfModel(this.#swarm, node, report);
    if (report.type === "retried") {
      return tellOfModel(this.#swarm, node, { ...report, type: "model.retried" });
    }
    const { callId } = report;
    const { done, result } = jobDone(report, exceeded);
    if (settleModel(this.#swarm, this.#breaker, node, done)) kernel.again(node, callId);
    else kernel.settleCall(node, callId, result);
  }

  onHostLost(host: string): void {
    loseJobs(this.#held, host);
  }

  onEnded(record: AgentRecord): void {
    endModelCalls(this.#held, record);
  }

  onClose(record: AgentRecord): void {
    closeModelCalls(this.#held, record);
  }

  /** A person has not allowed a call; where more of a budget was asked for, that is its refusal. */
  deny(node: Node, out: ModelOut, { error, usedUp }: Denial): void {
    if (usedUp === undefined) return this.#fail(node, out, encodeError(error, "APPROVAL_DENIED"));
    const { unit } = usedUp;
    this.#exhaust(node, out.callId, { unit, error: decodeError(usedUp.error) });
  }

  /** Its reservation came through, or never will. */
  #woke(node: Node, callId: string, verdict: Verdict): void {
    const record = this.#swarm.recordOf(node);
    if (verdict.status === "granted") {
      endWaiting(record, callId, { isReserved: true });
      return this.#swarm.requests.add({ type: "go-on", node, callId });
    }
    const standing = takeStanding(record, callId);
    const call = node.calls.get(callId);
    if (call !== undefined && standing !== undefined) {
      this.#decided(askedOf(record, call, standing), verdict);
    }
  }

  /** It has waited with its budget reserved: the door is asked once more, as things are now. */
  #goOn(asked: Asked, { isPaced = false }: CallStanding): void {
    const verdict = demand(this.#swarm, asked);
    const isGranted = verdict.status === "granted";
    if (!isGranted) this.#swarm.parts.arbiter.release(asked.call.out.callId, UNSTARTED);
    if (isGranted && isPaced) this.#start(asked, maxTokensIn(verdict, asked));
    else this.#decided(asked, verdict);
  }

  /** The first model, of those from `choice` on, that may be asked; its door decides. */
  #choose(node: Node, call: Call, choice: ModelChoice, approved: boolean): void {
    const { index, why } = choice;
    const out = call.out as ModelOut;
    const { plan, prompt } = this.#swarm.recordOf(node);
    const model = plan.models[index];
    if (model === undefined) return this.#fail(node, out, why as WireError);
    const waitMs = this.#breaker.waitMs(model, this.#swarm.kernel.tree.now);
    if (waitMs > 0) return this.#next(node, call, choice, why ?? circuitOpen(model, waitMs));
    const inputTokens = prompt.of(out.callId, out.inputTokens);
    const asked = { node, call, model, choice, inputTokens, approved };
    this.#decided(asked, demand(this.#swarm, asked));
  }

  #next(node: Node, call: Call, { index, failed }: ModelChoice, why: WireError): void {
    // What it was counted on for the last model is not what it is counted on for the next.
    if (failed !== undefined) this.#swarm.parts.arbiter.release((call.out as ModelOut).callId);
    this.#choose(node, call, { index: index + 1, why }, false);
  }

  #decided(asked: Asked, verdict: Verdict): void {
    const { kernel } = this.#swarm;
    const { node, call } = asked;
    const out = call.out as ModelOut;
    // It has waited for this, and somebody has ended its agent in the same tick.
    if (!isWanted(node, out)) return this.#swarm.parts.arbiter.release(out.callId, UNSTARTED);
    switch (verdict.status) {
      case "waiting": {
        const standing = { ...standingOf(asked), waitsFor: "budget" } as const;
        this.waiting.add(out.callId, node);
        keepStanding(this.#swarm.recordOf(node), out.callId, standing);
        return kernel.idleCall(node, out.callId);
      }
      case "ask": {
        // It is this model that is allowed then, and no other.
        keepChoice(this.#swarm.recordOf(node), out.callId, asked.choice);
        const question = callQuestion({ callId: out.callId, of: "model" }, verdict);
        return this.#swarm.approvals.ask(node, question);
      }
      case "refused":
        return this.#refused(asked, verdict);
      default:
        return this.#granted(asked, maxTokensIn(verdict, asked));
    }
  }

  /** Without the right to this model the next one is asked; without the money the agent ends. */
  #refused(refused: Asked, verdict: Extract<Verdict, { status: "refused" }>): void {
    const { node, call, choice, approved } = refused;
    const { error, unit, asks } = verdict;
    const { callId } = call.out as ModelOut;
    if (unit === undefined) {
      const why = choice.why ?? encodeError(error, "CAPABILITY_DENIED");
      return this.#next(node, call, choice, why);
    }
    const refusal = { error, unit };
    if (asks === undefined) return this.#exhaust(node, callId, refusal);
    keepChoice(this.#swarm.recordOf(node), callId, choice);
    const about = { callId, of: "model", said: { approved } } as const;
    const question = budgetQuestion(about, { ...verdict, ...refusal, asks });
    this.#swarm.approvals.ask(node, question);
  }

  #exhaust(node: Node, callId: string, { error, unit }: Exceeded): void {
    this.#swarm.log.fact("budget.refused", node.path, { callId, unit, ...error.details });
    this.#swarm.kernel.exhaust(node, unit, error.message);
  }

  #granted(asked: Asked, maxTokens: number): void {
    const { node, call, model } = asked;
    const out = call.out as ModelOut;
    const about = { node, callId: out.callId, subject: modelSubject(model) };
    const passed = this.#swarm.pacedCalls.pass({ ...about, standing: standingOf(asked) });
    if (passed.status === "granted") this.#start(asked, maxTokens);
    else if (passed.status === "refused") {
      this.#fail(node, out, encodeError(passed.error, "QUEUE_FULL"));
    }
  }

  #start(asked: Asked, maxTokens: number): void {
    const { node, call, model, choice, approved } = asked;
    const { kernel, log, parts } = this.#swarm;
    const out = call.out as ModelOut;
    const { callId } = out;
    // It waited, and meanwhile the model has failed others, or is being tried by one.
    if (this.#breaker.waitMs(model, kernel.tree.now) > 0) {
      parts.arbiter.release(callId, UNSTARTED);
      return this.#choose(node, call, choice, approved);
    }
    this.#breaker.begin(model, callId, kernel.tree.now);
    const record = this.#swarm.recordOf(node);
    keepChoice(record, callId, approved ? { ...choice, isApproved: true } : choice);
    const { turns: turn } = node;
    const { attempt, about } = detailsOf(asked);
    log.fact("model.started", node.path, { callId, model: modelName(model), turn, ...attempt });
    // Whoever was told of it may have ended the agent.
    if (!isWanted(node, out)) return this.unreported(node, callId, false);
    if (out.job === undefined) return kernel.permit(node, callId, maxTokens, about);
    node.turns += 1;
    this.jobs.start(node, { out, model, maxTokens, turn, about });
  }

  /** A model that may not be called: it ends the loop, but for a turn that fails alone. */
  #fail(node: Node, out: ModelOut, error: WireError): void {
    const { kernel } = this.#swarm;
    const isTold = out.job !== undefined || failsAlone(node, error);
    if (isTold) return kernel.settleCall(node, out.callId, { isError: true, error });
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}
