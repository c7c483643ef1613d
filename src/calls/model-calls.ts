import { type BreakerOptions, CircuitBreaker } from "../authority/circuit-breaker.ts";
import { modelSubject } from "../authority/subjects.ts";
import type { Verdict } from "../authority/verdict.ts";
import type { AgentRecord, ModelChoice } from "../engine/agent-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { CoppiceError } from "../errors.ts";
import type { Host } from "../hosts/host.ts";
import { isWanted } from "../kernel/calls.ts";
import { type Call, isPaused, type Node } from "../kernel/node.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { JobReport, ModelOut, Out } from "../wire/frame.ts";
import { modelName } from "../wire/model-name.ts";
import type { WireError } from "../wire/outcome.ts";
import type { ModelSpec } from "../wire/spec.ts";
import { asksForAnHour } from "../wire/transcript.ts";
import type { Approvals } from "./approvals.ts";
import { circuitOpen, detailsOf, giveTurnBack, keepChoice } from "./model-choice.ts";
import { closeModelCalls, endModelCalls, loseJobs, type ModelCallsHeld } from "./model-ends.ts";
import { ModelJobs } from "./model-jobs.ts";
import { endUnreported, growModel, settleModel, tellOfModel } from "./model-report.ts";
import { failsAlone, isJob, jobDone } from "./model-result.ts";
import { maxTokensOf } from "./output-limit.ts";
import type { PacedCalls } from "./paced-calls.ts";

/** Where model calls are taken up. */
export interface ModelEngine extends Engine {
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
}

/** A model call at the door: what was asked, and which model it goes to. */
interface Asked {
  readonly node: Node;
  readonly call: Call;
  readonly model: ModelSpec;
  readonly choice: ModelChoice;
  /** How long its prompt is taken to be. */
  readonly inputTokens: number;
  /** Whether a person has allowed it. */
  readonly approved: boolean;
}

const unstarted = { started: false } as const;

type ModelReport = Extract<Out, { type: "model.done" | "model.grew" | "model.retried" | "output" }>;

/** The model calls of the swarm: permitted, waited for, run as jobs, settled. */
export class ModelCalls {
  readonly #swarm: ModelEngine;
  readonly #jobs: ModelJobs;
  readonly #breaker: CircuitBreaker;
  /** Calls whose reservation waits. */
  readonly #waiting = new Map<string, Asked>();
  readonly #held: ModelCallsHeld;

  constructor(swarm: ModelEngine, breaker?: BreakerOptions | false) {
    this.#swarm = swarm;
    this.#jobs = new ModelJobs(swarm);
    this.#breaker = new CircuitBreaker(breaker);
    const [jobs, waiting] = [this.#jobs, this.#waiting];
    this.#held = { swarm, breaker: this.#breaker, jobs, waiting };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks the arbiter for a call whose turn has come. */
  request(node: Node, call: Call): void {
    const { kernel } = this.#swarm;
    if (!isWanted(node, call.out)) return;
    const out = call.out as ModelOut;
    const record = this.#swarm.recordOf(node);
    const due = this.#swarm.pacedCalls.takeDue(node, out.callId);
    if (due !== undefined) return due();
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
    const { approved = isApproved } = this.#swarm.approvals.takeAgain(out.callId) ?? {};
    this.#choose(node, call, choice, approved);
  }

  /** Goes on with those whose reservation came through; true when there were any. */
  wakeWaiting(): boolean {
    if (this.#waiting.size === 0) return false;
    const woken = this.#swarm.parts.arbiter.takeWoken();
    for (const { callId, verdict } of woken) {
      const asked = this.#waiting.get(callId);
      if (asked === undefined) continue;
      const { node, call } = asked;
      this.#waiting.delete(callId);
      this.#swarm.recordOf(node).waiting.delete(callId);
      const go = () => this.#decided(asked, verdict);
      this.#swarm.contained.run(node.path, "model", () => {
        // A job would begin at once, but whoever waited gave the slot back, and may be paused.
        if (isJob(call) || isPaused(node)) this.#swarm.pacedCalls.askAgain(node, callId, go);
        else go();
      });
    }
    return woken.length > 0;
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

  /** It has a host, so that its module's model can be asked there. */
  onPlaced(record: AgentRecord): void {
    this.#jobs.placed(record.node, record);
  }

  onJobReport(host: Host, report: JobReport): void {
    const { kernel } = this.#swarm;
    const { node, exceeded } = this.#jobs.reported(host, report) ?? {};
    if (node === undefined) return;
    if (report.type === "grew") {
      const { callId } = report;
      return growModel(this.#swarm, node, report, ({ error }) => this.#jobs.exceed(callId, error));
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
    this.#decided(asked, this.#ask(asked));
  }

  #next(node: Node, call: Call, { index, failed }: ModelChoice, why: WireError): void {
    // What it was counted on for the last model is not what it is counted on for the next.
    if (failed !== undefined) this.#swarm.parts.arbiter.release((call.out as ModelOut).callId);
    this.#choose(node, call, { index: index + 1, why }, false);
  }

  #ask({ node, call, model, approved, choice, inputTokens }: Asked): Verdict {
    return this.#swarm.parts.arbiter.model(this.#swarm.recordOf(node).seat, {
      callId: call.out.callId,
      model,
      inputTokens,
      maxTokens: maxTokensOf(model),
      approved,
      again: choice.failed !== undefined,
      ...(isScripted(model)
        ? { exact: scriptedUsage(model, node.turns) }
        : { forAnHour: asksForAnHour((call.out as ModelOut).job?.messages ?? node.transcript) }),
    });
  }

  #decided(asked: Asked, verdict: Verdict): void {
    const { kernel } = this.#swarm;
    const { node, call } = asked;
    const out = call.out as ModelOut;
    // It has waited for this, and somebody has ended its agent in the same tick.
    if (!isWanted(node, out)) return this.#swarm.parts.arbiter.release(out.callId, unstarted);
    switch (verdict.status) {
      case "waiting":
        this.#waiting.set(out.callId, asked);
        this.#swarm.recordOf(node).waiting.add(out.callId);
        return kernel.idleCall(node, out.callId);
      case "ask": {
        // It is this model that is allowed then, and no other.
        keepChoice(this.#swarm.recordOf(node), out.callId, asked.choice);
        const deny = (error: CoppiceError) =>
          this.#fail(node, out, encodeError(error, "APPROVAL_DENIED"));
        return this.#swarm.approvals.askForCall({ node, callId: out.callId, deny }, verdict);
      }
      case "refused":
        return this.#refused(asked, verdict);
      default:
        return this.#granted(asked, verdict.maxTokens ?? maxTokensOf(asked.model));
    }
  }

  /** Without the right to this model the next one is asked; without the money the agent ends. */
  #refused(refused: Asked, verdict: Extract<Verdict, { status: "refused" }>): void {
    const { kernel, log } = this.#swarm;
    const { node, call, choice, approved } = refused;
    const { error, unit, asks } = verdict;
    const { callId } = call.out as ModelOut;
    if (unit === undefined) {
      const why = choice.why ?? encodeError(error, "CAPABILITY_DENIED");
      return this.#next(node, call, choice, why);
    }
    const refuse = () => {
      log.fact("budget.refused", node.path, { callId, unit, ...error.details });
      kernel.exhaust(node, unit, error.message);
    };
    if (asks === undefined) return refuse();
    keepChoice(this.#swarm.recordOf(node), callId, choice);
    const asked = { node, callId, deny: refuse };
    this.#swarm.approvals.askForMore(asked, { error, unit, asks, said: { approved } });
  }

  #granted(asked: Asked, maxTokens: number): void {
    const { node, call, model } = asked;
    const { callId } = call.out as ModelOut;
    const go = () => this.#start(asked, maxTokens);
    this.#swarm.pacedCalls.pass({
      node,
      callId,
      subject: modelSubject(model),
      go,
      again: isJob(call),
      due: () => {
        const now = this.#ask(asked);
        if (now.status === "granted") return go();
        this.#swarm.parts.arbiter.release(callId, unstarted);
        this.#decided(asked, now);
      },
      refuse: (error) => this.#fail(node, call.out as ModelOut, encodeError(error, "QUEUE_FULL")),
    });
  }

  #start(asked: Asked, maxTokens: number): void {
    const { node, call, model, choice, approved } = asked;
    const { kernel, log, parts } = this.#swarm;
    const out = call.out as ModelOut;
    const { callId } = out;
    // It waited, and meanwhile the model has failed others, or is being tried by one.
    if (this.#breaker.waitMs(model, kernel.tree.now) > 0) {
      parts.arbiter.release(callId, unstarted);
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
    this.#jobs.start(node, { out, model, maxTokens, turn, about });
  }

  /** A model that may not be called: it ends the loop, but for a turn that fails alone. */
  #fail(node: Node, out: ModelOut, error: WireError): void {
    const { kernel } = this.#swarm;
    const isTold = out.job !== undefined || failsAlone(node, error);
    if (isTold) return kernel.settleCall(node, out.callId, { isError: true, error });
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}
