import { amountOf } from "../authority/budget-options.ts";
import { modelSubject } from "../authority/subjects.ts";
import type { Verdict } from "../authority/verdict.ts";
import type { CoppiceError } from "../errors.ts";
import type { Host } from "../hosts/host.ts";
import { type Call, isPaused, type Node } from "../kernel/node.ts";
import { isScripted, scriptedUsage } from "../models/scripted-usage.ts";
import type { DeliveryBody } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { JobReport, ModelOut, Out } from "../wire/frame.ts";
import type { ModelSpec } from "../wire/spec.ts";
import type { AgentRecord } from "./agent-record.ts";
import { tellWarnings } from "./budget-warnings.ts";
import { isJob, modelResult, nameOf } from "./model-result.ts";
import { promptOf } from "./prompt-estimate.ts";
import type { Swarm } from "./swarm.ts";

/** Output tokens of one call where the model's spec says nothing. */
export const DEFAULT_MAX_TOKENS = 8192;

interface Job {
  readonly node: Node;
  readonly host: string;
}

interface Waiting {
  readonly node: Node;
  readonly call: Call;
  /** Whether a person has allowed it. */
  readonly approved: boolean;
}

type ModelReport = Extract<Out, { type: "model.done" | "model.retried" | "output" }>;

/** The model calls of the swarm: permitted, waited for, run as jobs, settled. */
export class ModelCalls {
  readonly #swarm: Swarm;
  /** Calls that a host runs for an agent that lives elsewhere. */
  readonly #jobs = new Map<string, Job>();
  /** Calls whose reservation waits. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(swarm: Swarm) {
    this.#swarm = swarm;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks the arbiter for a call whose turn has come. */
  request(node: Node, call: Call): void {
    const { kernel } = this.#swarm;
    if (node.closed) return;
    const out = call.out as ModelOut;
    const record = this.#swarm.recordOf(node);
    const due = this.#swarm.pacedCalls.takeDue(node, out.callId);
    if (due !== undefined) return due();
    const { model } = record.plan;
    if (model === undefined) {
      const message = `${node.path} has no model; give its spec one`;
      return this.#fail(node, out, { code: "MODEL_FAILED", message, details: {} });
    }
    if (kernel.turnsLeft(node) <= 0) {
      return kernel.exhaust(node, "turns", `${node.path} has used its ${node.turns} turns`);
    }
    const { approved = false } = this.#swarm.approvals.takeAgain(out.callId) ?? {};
    this.#decided(node, call, this.#ask(node, out, model, approved), approved);
  }

  /** Goes on with those whose reservation came through; true when there were any. */
  wakeWaiting(): boolean {
    if (this.#waiting.size === 0) return false;
    const woken = this.#swarm.parts.arbiter.takeWoken();
    for (const { callId, verdict } of woken) {
      const waiting = this.#waiting.get(callId);
      if (waiting === undefined) continue;
      const { node, call, approved } = waiting;
      this.#waiting.delete(callId);
      this.#swarm.recordOf(node).waiting.delete(callId);
      const go = () => this.#decided(node, call, verdict, approved);
      // A job would begin at once, but whoever waited gave the slot back, and may be paused.
      if (isJob(call) || isPaused(node)) this.#swarm.pacedCalls.askAgain(node, callId, go);
      else go();
    }
    return woken.length > 0;
  }

  /** What the loop is told is part of its next prompt; a script's prompt has no length. */
  delivered(node: Node, body: DeliveryBody): void {
    if (!node.birth.loop) return;
    const { plan, prompt } = this.#swarm.recordOf(node);
    if (plan.model !== undefined && !isScripted(plan.model)) prompt.delivered(body);
  }

  /** What a host says of the loop's own stream. */
  report(node: Node, out: ModelReport): void {
    if (out.type === "model.done") this.#settle(node, out.callId, out);
    else this.#tell(node, out);
  }

  /** A stream went down with its host: what it cost is taken to be what was reserved. */
  lost(node: Node, callId: string): void {
    const { parts, log } = this.#swarm;
    parts.arbiter.settle(callId);
    log.fact("model.finished", node.path, { callId, estimated: true, isError: true });
  }

  onJobReport(host: Host, report: JobReport): void {
    const job = this.#jobs.get(report.callId);
    if (job === undefined) return;
    if (job.host !== host.id) {
      return host.condemn(`it spoke of call ${report.callId}, which does not run there`);
    }
    const { node } = job;
    if (report.type === "output") return this.#tell(node, report);
    if (report.type === "retried") return this.#tell(node, { ...report, type: "model.retried" });
    this.#forget(report.callId, job);
    this.#settle(node, report.callId, {
      ...report,
      ...(report.result.isError
        ? { error: report.result.error }
        : { stopReason: report.result.stopReason }),
    });
    this.#swarm.kernel.settleCall(node, report.callId, modelResult(report));
  }

  /** Jobs that a lost host ran are asked for again. */
  onHostLost(host: string): void {
    for (const [callId, job] of [...this.#jobs]) {
      if (job.host !== host) continue;
      this.#forget(callId, job);
      this.lost(job.node, callId);
      this.#swarm.kernel.retryModel(job.node, callId);
    }
  }

  /** Its agent is gone, so nobody will hear what a job of it used: it is taken to be all. */
  onEnded(record: AgentRecord): void {
    this.onClose(record);
    for (const callId of record.jobs) {
      this.#jobs.delete(callId);
      this.lost(record.node, callId);
    }
    record.jobs.clear();
  }

  /** Rights withdrawn: what waits is taken back, what runs elsewhere is aborted. */
  onClose(record: AgentRecord): void {
    const { parts, places } = this.#swarm;
    for (const callId of record.waiting) {
      this.#waiting.delete(callId);
      parts.arbiter.release(callId);
    }
    record.waiting.clear();
    for (const callId of record.jobs) {
      const host = places.host(this.#jobs.get(callId)?.host);
      if (host !== undefined) places.post(host, { type: "job.cancel", callId });
    }
  }

  #ask(node: Node, out: ModelOut, model: ModelSpec, approved: boolean): Verdict {
    const { seat, prompt } = this.#swarm.recordOf(node);
    return this.#swarm.parts.arbiter.model(seat, {
      callId: out.callId,
      model,
      inputTokens: prompt.of(out.callId, out.inputTokens),
      maxTokens: maxTokensOf(model),
      approved,
      ...(isScripted(model) ? { exact: scriptedUsage(model, node.turns) } : {}),
    });
  }

  #decided(node: Node, call: Call, verdict: Verdict, approved: boolean): void {
    const { kernel, log } = this.#swarm;
    const out = call.out as ModelOut;
    const { callId } = out;
    if (verdict.status === "waiting") {
      this.#waiting.set(callId, { node, call, approved });
      this.#swarm.recordOf(node).waiting.add(callId);
      return kernel.idleCall(node, callId);
    }
    if (verdict.status === "ask") {
      const deny = (error: CoppiceError) =>
        this.#fail(node, out, encodeError(error, "APPROVAL_DENIED"));
      return this.#swarm.approvals.askForCall(node, callId, verdict, deny);
    }
    if (verdict.status === "refused") {
      const { error, unit, asks } = verdict;
      if (unit === undefined) return this.#fail(node, out, encodeError(error, "CAPABILITY_DENIED"));
      const refuse = () => {
        log.fact("budget.refused", node.path, { callId, unit, ...error.details });
        kernel.exhaust(node, unit, error.message);
      };
      if (asks === undefined) return refuse();
      const usedUp = { error, unit, asks, approved };
      return this.#swarm.approvals.askForMore(node, callId, usedUp, refuse);
    }
    const model = this.#swarm.recordOf(node).plan.model as ModelSpec;
    const maxTokens = verdict.maxTokens ?? maxTokensOf(model);
    const go = () => this.#start(node, out, model, maxTokens);
    this.#swarm.pacedCalls.pass({
      node,
      callId,
      subject: modelSubject(model),
      go,
      again: isJob(call),
      due: () => {
        const now = this.#ask(node, out, model, approved);
        if (now.status === "granted") return go();
        this.#swarm.parts.arbiter.release(callId, { started: false });
        this.#decided(node, call, now, approved);
      },
      refuse: (error) => this.#fail(node, out, encodeError(error, "QUEUE_FULL")),
    });
  }

  #start(node: Node, out: ModelOut, model: ModelSpec, maxTokens: number): void {
    const { kernel, log } = this.#swarm;
    const { callId } = out;
    const { turns: turn } = node;
    log.fact("model.started", node.path, { callId, model: nameOf(model), turn });
    if (out.job === undefined) return kernel.permit(node, callId, maxTokens);
    node.turns += 1;
    this.#runJob(node, out, maxTokens, turn);
  }

  /** Built-in models run where the keys are, a module's model where its agent lives. */
  #runJob(node: Node, out: ModelOut, maxTokens: number, turn: number): void {
    const { places } = this.#swarm;
    const { plan, word, template } = this.#swarm.recordOf(node);
    const isModule = plan.model?.provider.startsWith("file:") === true;
    const host = isModule ? places.host(node.host) : places.pick("house");
    if (host === undefined || word === undefined || out.job === undefined) return;
    const { callId, job } = out;
    this.#jobs.set(callId, { node, host: host.id });
    this.#swarm.recordOf(node).jobs.add(callId);
    const item = { type: "job", callId, word, job, maxTokens, turn } as const;
    places.post(host, { ...item, template: template.id }, template);
  }

  #forget(callId: string, { node }: Job): void {
    this.#jobs.delete(callId);
    this.#swarm.record(node.path)?.jobs.delete(callId);
  }

  #settle(
    node: Node,
    callId: string,
    done: Pick<Extract<Out, { type: "model.done" }>, "usage" | "partial" | "error" | "stopReason">,
  ): void {
    const { parts, log } = this.#swarm;
    const { plan } = this.#swarm.recordOf(node);
    const { usage, partial = false, stopReason } = done;
    parts.arbiter.settle(callId, usage);
    // At once, so that the agent's very next model call can take it along.
    tellWarnings(this.#swarm);
    const usd =
      plan.model === undefined ? 0 : amountOf("usd", parts.arbiter.prices.cost(plan.model, usage));
    const code = done.error?.code;
    const isError = code !== undefined;
    const { prompt } = this.#swarm.recordOf(node);
    if (!isError && !partial) prompt.settled(callId, promptOf(usage));
    const told = { ...usage } satisfies Record<string, number>;
    const how = { partial, isError, code, stopReason };
    log.fact("model.finished", node.path, { callId, usage: told, usd, ...how });
  }

  #tell(node: Node, report: Exclude<ModelReport, { type: "model.done" }>): void {
    const { log } = this.#swarm;
    const { callId } = report;
    if (report.type === "output") {
      return log.ephemeral("agent.output", node.path, { callId, text: report.text });
    }
    const { attempt, delayMs, error } = report;
    this.#swarm.recordOf(node).prompt.mistrust(callId);
    const { code, message } = error;
    log.fact("model.retried", node.path, { callId, attempt, delayMs, code, message });
  }

  /** A model that may not be called: the loop cannot go on, a machine reads it as a result. */
  #fail(node: Node, out: ModelOut, error: ReturnType<typeof encodeError>): void {
    const { kernel } = this.#swarm;
    if (out.job !== undefined) return kernel.settleCall(node, out.callId, { isError: true, error });
    kernel.end(node, { status: "failed", reason: error.message, error });
  }
}

export function maxTokensOf(model: ModelSpec): number {
  const asked = "maxTokens" in model ? model.maxTokens : undefined;
  return typeof asked === "number" && asked >= 1 ? Math.floor(asked) : DEFAULT_MAX_TOKENS;
}
