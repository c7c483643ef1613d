import { type BreakerOptions, CircuitBreaker } from "../authority/circuit-breaker.ts";
import { UNSTARTED } from "../authority/request.ts";
import { modelSubject } from "../authority/subjects.ts";
import type { Verdict } from "../authority/verdict.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import {
  type CallProgress,
  endWaiting,
  keepProgress,
  type ModelChoice,
  takeProgress,
} from "../engine/call-progress.ts";
import type { Input } from "../engine/input.ts";
import { isWanted } from "../kernel/calls.ts";
import type { Call, Node } from "../kernel/node.ts";
import { isScripted } from "../models/scripted-usage.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { decodeError, encodeError } from "../wire/error-codec.ts";
import type { Command, JobReport, ModelCommand } from "../wire/frame.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { Approvals } from "./approvals.ts";
import { budgetRefusal, type Exceeded } from "./budget-refusal.ts";
import type { GoingOnEngine } from "./go-on.ts";
import { type Asked, askedOf, demand, maxTokensIn, progressOf } from "./model-asked.ts";
import { circuitOpen, detailsOf, giveTurnBack, keepChoice } from "./model-choice.ts";
import { closeModelCalls, endModelCalls, loseJobs, type ModelCallParts } from "./model-ends.ts";
import { ModelJobs } from "./model-jobs.ts";
import { endUnreported, growModel, settleModel, tellOfModel } from "./model-report.ts";
import { failsAlone, jobDone } from "./model-result.ts";
import { type Breaker, notedBreaker } from "./noted-breaker.ts";
import { budgetQuestion, callQuestion, type Denial } from "./question.ts";
import type { RateLimitedCalls } from "./rate-limited-calls.ts";
import { WaitingCalls } from "./waiting-calls.ts";

/** The engine as model calls need it. */
export interface ModelEngine extends GoingOnEngine {
  readonly approvals: Approvals;
  readonly rateLimitedCalls: RateLimitedCalls;
}

type ModelReport = Extract<
  Command,
  { type: "model.done" | "model.grew" | "model.retried" | "output" }
>;

/** The model calls of the swarm: permitted, queued, run as jobs, and settled. */
export class ModelCalls {
  readonly #swarm: ModelEngine;
  readonly jobs: ModelJobs;
  readonly #circuits: CircuitBreaker;
  readonly #breaker: Breaker;
  readonly waiting: WaitingCalls;
  readonly #parts: ModelCallParts;

  constructor(swarm: ModelEngine, breaker?: BreakerOptions | false) {
    this.#swarm = swarm;
    this.jobs = new ModelJobs(swarm);
    this.#circuits = new CircuitBreaker(breaker);
    this.#breaker = notedBreaker(this.#circuits, swarm.outside);
    this.waiting = new WaitingCalls(swarm);
    const [jobs, waiting] = [this.jobs, this.waiting];
    this.#parts = { swarm, breaker: this.#breaker, jobs, waiting };
  }

  /** Returns the state that a snapshot keeps and a replay must reproduce. */
  get saved() {
    const { callers: waiting } = this.waiting;
    return { waiting, jobs: this.jobs.saved, breaker: this.#circuits };
  }

  /** Requests a call from the arbiter once its turn has come. */
  request(node: Node, call: Call): void {
    const { kernel } = this.#swarm;
    if (!isWanted(node, call.command)) return;
    const command = call.command as ModelCommand;
    const record = this.#swarm.recordOf(node);
    const before = takeProgress(record, command.callId);
    if (before?.isReserved) return this.#goOn(askedOf(record, call, before), before);
    if (record.resolved.models.length === 0) {
      const message = `${node.path} has no model; give its spec one`;
      return this.#fail(node, command, { code: "MODEL_FAILED", message, details: {} });
    }
    const choice = giveTurnBack(record, command.callId);
    const { notBefore = 0, isApproved = false } = choice;
    if (notBefore > kernel.tree.now) return kernel.postpone(node, command.callId, notBefore);
    if (kernel.turnsLeft(node) <= 0) {
      return kernel.exhaust(node, "turns", `${node.path} has used its ${node.turns} turns`);
    }
    const { approved = isApproved } = before ?? {};
    this.#choose(node, call, choice, approved);
  }

  /** Decides on a call that waited for its budget, unless it was withdrawn meanwhile. */
  haveTurn({ callId }: Extract<Input, { type: "turn" }>): void {
    const verdict = this.#swarm.parts.arbiter.woke(callId);
    const node = verdict && this.waiting.take(callId);
    if (node !== undefined) this.#woke(node, callId, verdict as Verdict);
  }

  /** Counts a delivery to the loop towards its next prompt; a scripted prompt has no length. */
  delivered(node: Node, body: DeliveryBody): void {
    if (!node.childSpec.loop) return;
    const { resolved, prompt } = this.#swarm.recordOf(node);
    if (!resolved.models.every(isScripted)) prompt.delivered(body);
  }

  /** Processes a host's report on the loop's own stream. */
  report(node: Node, command: ModelReport): void {
    if (command.type === "model.done") settleModel(this.#swarm, this.#breaker, node, command);
    else if (command.type !== "model.grew") tellOfModel(this.#swarm, node, command);
    else
      growModel(this.#swarm, node, command, ({ error, unit }) => {
        this.#swarm.kernel.exhaust(node, unit, error.message);
      });
  }

  /** Ends a call whose stream was lost with its host or never began: no report will come. */
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
    loseJobs(this.#parts, host);
  }

  onEnded(record: AgentRecord): void {
    endModelCalls(this.#parts, record);
  }

  onClose(record: AgentRecord): void {
    closeModelCalls(this.#parts, record);
  }

  /** Refuses a call that was not allowed, with the budget's error if the question was about one. */
  deny(node: Node, command: ModelCommand, { error, usedUp }: Denial): void {
    if (usedUp === undefined)
      return this.#fail(node, command, encodeError(error, "APPROVAL_DENIED"));
    const { unit } = usedUp;
    this.#exhaust(node, command.callId, { unit, error: decodeError(usedUp.error) });
  }

  /** Applies the verdict on a call that waited for its reservation. */
  #woke(node: Node, callId: string, verdict: Verdict): void {
    const record = this.#swarm.recordOf(node);
    if (verdict.status === "granted") {
      endWaiting(record, callId, { isReserved: true });
      return this.#swarm.requests.add({ type: "go-on", node, callId });
    }
    const progress = takeProgress(record, callId);
    const call = node.calls.get(callId);
    if (call !== undefined && progress !== undefined) {
      this.#decided(askedOf(record, call, progress), verdict);
    }
  }

  /** Resumes a call whose budget is reserved; the door is asked again, with the current rights. */
  #goOn(asked: Asked, { isRateCleared = false }: CallProgress): void {
    const verdict = demand(this.#swarm, asked);
    const isGranted = verdict.status === "granted";
    if (!isGranted) this.#swarm.parts.arbiter.release(asked.call.command.callId, UNSTARTED);
    if (isGranted && isRateCleared) this.#start(asked, maxTokensIn(verdict, asked));
    else this.#decided(asked, verdict);
  }

  /** Requests the first model from `choice` on whose circuit is not open. */
  #choose(node: Node, call: Call, choice: ModelChoice, approved: boolean): void {
    const { index, why } = choice;
    const command = call.command as ModelCommand;
    const { resolved, prompt } = this.#swarm.recordOf(node);
    const model = resolved.models[index];
    if (model === undefined) return this.#fail(node, command, why as WireError);
    const waitMs = this.#breaker.waitMs(model, this.#swarm.kernel.tree.now);
    if (waitMs > 0) return this.#next(node, call, choice, why ?? circuitOpen(model, waitMs));
    const inputTokens = prompt.of(command.callId, command.inputTokens);
    const asked = { node, call, model, choice, inputTokens, approved };
    this.#decided(asked, demand(this.#swarm, asked));
  }

  #next(node: Node, call: Call, { index, failed }: ModelChoice, why: WireError): void {
    // Uses were counted for the previous model; the next model is counted anew.
    if (failed !== undefined)
      this.#swarm.parts.arbiter.release((call.command as ModelCommand).callId);
    this.#choose(node, call, { index: index + 1, why }, false);
  }

  #decided(asked: Asked, verdict: Verdict): void {
    const { kernel } = this.#swarm;
    const { node, call } = asked;
    const command = call.command as ModelCommand;
    // The call has waited, and its agent was ended in the same tick.
    if (!isWanted(node, command))
      return this.#swarm.parts.arbiter.release(command.callId, UNSTARTED);
    switch (verdict.status) {
      case "waiting": {
        const progress = { ...progressOf(asked), waitsFor: "budget" } as const;
        this.waiting.add(command.callId, node);
        keepProgress(this.#swarm.recordOf(node), command.callId, progress);
        return kernel.idleCall(node, command.callId);
      }
      case "ask": {
        // A yes is for this model and no other.
        keepChoice(this.#swarm.recordOf(node), command.callId, asked.choice);
        const question = callQuestion({ callId: command.callId, of: "model" }, verdict);
        return this.#swarm.approvals.request(node, question);
      }
      case "refused":
        return this.#refused(asked, verdict);
      default:
        return this.#granted(asked, maxTokensIn(verdict, asked));
    }
  }

  /** Tries the next model where the right is missing; ends an agent whose budget is used up. */
  #refused(refused: Asked, verdict: Extract<Verdict, { status: "refused" }>): void {
    const { node, call, choice, approved } = refused;
    const { error, unit, asks } = verdict;
    const { callId } = call.command as ModelCommand;
    if (unit === undefined) {
      const why = choice.why ?? encodeError(error, "CAPABILITY_DENIED");
      return this.#next(node, call, choice, why);
    }
    const refusal = { error, unit };
    if (asks === undefined) return this.#exhaust(node, callId, refusal);
    keepChoice(this.#swarm.recordOf(node), callId, choice);
    const about = { callId, of: "model", said: { approved } } as const;
    const question = budgetQuestion(about, { ...verdict, ...refusal, asks });
    this.#swarm.approvals.request(node, question);
  }

  #exhaust(node: Node, callId: string, refusal: Exceeded): void {
    const { log, kernel } = this.#swarm;
    log.fact("budget.refused", node.path, budgetRefusal({ callId }, refusal));
    kernel.exhaust(node, refusal.unit, refusal.error.message);
  }

  #granted(asked: Asked, maxTokens: number): void {
    const { node, call, model } = asked;
    const command = call.command as ModelCommand;
    const about = { node, callId: command.callId, subject: modelSubject(model) };
    const passed = this.#swarm.rateLimitedCalls.pass({ ...about, progress: progressOf(asked) });
    if (passed.status === "granted") this.#start(asked, maxTokens);
    else if (passed.status === "refused") {
      this.#fail(node, command, encodeError(passed.error, "QUEUE_FULL"));
    }
  }

  #start(asked: Asked, maxTokens: number): void {
    const { node, call, model, choice, approved } = asked;
    const { kernel, log, parts } = this.#swarm;
    const command = call.command as ModelCommand;
    const { callId } = command;
    // While the call waited, the model failed other calls, or another call is probing it.
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
    // A listener of the event may have ended the agent.
    if (!isWanted(node, command)) return this.unreported(node, callId, false);
    if (command.job === undefined) return kernel.permit(node, callId, maxTokens, about);
    node.turns += 1;
    this.jobs.start(node, { command, model, maxTokens, turn, about });
  }

  /** Fails a call that no model is left for. This ends the loop, unless the turn fails alone. */
  #fail(node: Node, command: ModelCommand, error: WireError): void {
    const { kernel } = this.#swarm;
    const isTold = command.job !== undefined || failsAlone(node, error);
    if (isTold) return kernel.settleCall(node, command.callId, { isError: true, error });
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}
