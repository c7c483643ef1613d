import type { Seat } from "../authority/arbiter.ts";
import type { BreakerOptions } from "../authority/circuit-breaker.ts";
import type { RateOptions } from "../authority/rates.ts";
import { toolSubject } from "../authority/subjects.ts";
import { type ApprovalOptions, Approvals } from "../calls/approvals.ts";
import { tellWarnings } from "../calls/budget-warnings.ts";
import { firstCallOf } from "../calls/first-call.ts";
import { agentAnswers } from "../calls/messages.ts";
import { ModelCalls } from "../calls/model-calls.ts";
import { PacedCalls } from "../calls/paced-calls.ts";
import { tellRefused } from "../calls/refused-facts.ts";
import { askersOf, carryOut } from "../calls/requests.ts";
import { ToolInputs } from "../calls/tool-inputs.ts";
import { closeAgent, renewAgent, settleAgent } from "../engine/agent-ends.ts";
import { AgentRecord } from "../engine/agent-record.ts";
import { AgentRecords } from "../engine/agent-records.ts";
import { Asks } from "../engine/asks.ts";
import { Containment, NOBODY } from "../engine/containment.ts";
import { DeadlineTimer } from "../engine/deadline-timer.ts";
import { EndedAgents } from "../engine/ended-agents.ts";
import type { Engine } from "../engine/engine.ts";
import { condemn, HostEvents } from "../engine/host-events.ts";
import type { Parts } from "../engine/parts.ts";
import { Places } from "../engine/places.ts";
import { RequestQueue } from "../engine/request-queue.ts";
import { UsageByLabel } from "../engine/usage-by-label.ts";
import { CoppiceError } from "../errors.ts";
import type { EventLog } from "../journal/event-log.ts";
import type { Effect } from "../kernel/effects.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { Node } from "../kernel/node.ts";
import { forgetNode } from "../kernel/remains.ts";
import { birthOf, type Plan } from "../specs/plan.ts";
import { ShownTools } from "../specs/shown-tools.ts";
import type { Clock } from "../wire/clock.ts";
import type { DeliveryBody, Template } from "../wire/delivery.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { FactType } from "../wire/event.ts";
import type { Intensity, Limits } from "../wire/spec.ts";

export interface SwarmOptions extends ApprovalOptions {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly limits: Limits;
  readonly graceMs: number;
  readonly intensity?: Intensity | undefined;
  /** From 0 to below 1, for the jitter of restarts. */
  readonly chance: () => number;
  readonly rates?: RateOptions | undefined;
  readonly breaker?: BreakerOptions | false | undefined;
}

/**
 * The shell around the kernel: it owns clock, timers, hosts and accounts, lets the kernel decide,
 * and carries out what was decided, in that order, on one thread.
 */
export class Swarm implements Engine {
  readonly kernel: Kernel;
  readonly places: Places;
  readonly asks = new Asks(agentAnswers(this));
  readonly log: EventLog;
  readonly clock: Clock;
  readonly modelCalls: ModelCalls;
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
  readonly toolInputs = new ToolInputs(this);
  readonly labels = new UsageByLabel();
  readonly hostEvents = new HostEvents(this);
  readonly ended: EndedAgents;
  readonly contained = new Containment(this);
  readonly #requests: RequestQueue;
  readonly #shown = new ShownTools();
  readonly #records = new AgentRecords();
  #parts: Parts | undefined;
  #draining = false;
  readonly #timer: DeadlineTimer;

  constructor(options: SwarmOptions) {
    this.clock = options.clock;
    this.log = options.log;
    this.ended = new EndedAgents(options.log, (node) => {
      forgetNode(this.kernel.tree, node);
      this.#records.forget(node);
    });
    this.kernel = new Kernel({ ...options, endOf: (node) => this.ended.endOf(node) });
    this.places = new Places(this.kernel.tree, (path, thrown, isPlacing) => {
      this.contained.fault(path, "post", thrown);
      const node = this.kernel.find(path);
      if (isPlacing && node) this.act(path, "post", (kernel) => kernel.neverBegan(node));
    });
    this.modelCalls = new ModelCalls(this, options.breaker);
    this.approvals = new Approvals(this, options, askersOf(this));
    this.pacedCalls = new PacedCalls(this, options.rates);
    this.#requests = new RequestQueue({
      clock: this.clock,
      carryOut: (effect) => this.#contain(effect, () => carryOut(this, effect)),
      step: (slice) => this.act(NOBODY, "requests", slice),
    });
    this.#timer = new DeadlineTimer({
      clock: this.clock,
      next: () => this.kernel.tree.deadlines.next,
      onDue: () => this.act(NOBODY, "deadlines", (kernel) => kernel.tick()),
    });
  }

  begin(parts: Parts): void {
    this.#parts = parts;
    this.places.hosts = parts.hosts;
  }

  get parts(): Parts {
    if (this.#parts === undefined) throw new CoppiceError("SUPERVISOR_STOPPED", "not started");
    return this.#parts;
  }

  get records(): Iterable<AgentRecord> {
    return this.#records.all;
  }

  record(path: string): AgentRecord | undefined {
    return this.#records.at(path);
  }

  /** Its own, also where another one has its path by now. */
  recordOf(node: Node): AgentRecord {
    return this.#records.of(node);
  }

  /** One step: the kernel decides at this time, then all of it is carried out. */
  step<T>(decide: (kernel: Kernel) => T): T {
    const now = this.clock.now();
    this.kernel.at(now);
    this.#parts?.arbiter.at(this.clock.wall(), now);
    const { retention } = this.log;
    retention.hold();
    try {
      return decide(this.kernel);
    } finally {
      this.#drain();
      retention.release();
    }
  }

  /** A step that nobody has called for, and so nobody hears the throw of. */
  act(path: string, doing: string, decide: (kernel: Kernel) => void): void {
    this.contained.run(path, doing, () => this.step(decide));
  }

  /** Spawns below a node. Fails with the refusal; `spawn.refused` has been told then. */
  spawn(parent: Node, plan: Plan, call?: string): AgentRecord {
    const birth = birthOf(plan);
    const { chosenName: chosen } = plan;
    const seats: Seat[] = [];
    const open = (path: string) => void seats.push(this.#open(path, parent, plan));
    try {
      const node = this.kernel.spawn(parent, birth, { open, chosen, call });
      const [seat] = seats as [Seat];
      const labels = { ...this.#records.at(parent.path)?.labels, ...plan.labels };
      const template = this.#shownTo(seat, plan);
      const record = new AgentRecord({ node, plan, seat, template, labels });
      const former = this.#records.at(node.path)?.node;
      // Nobody can ask for it by its name any more.
      if (former !== undefined) this.ended.release(former);
      this.#records.add(record);
      this.parts.telemetry?.spawned(record);
      return record;
    } catch (thrown) {
      if (thrown instanceof CoppiceError) this.refusedSpawn(parent.path, plan.agent, thrown);
      throw thrown;
    }
  }

  refusedSpawn(path: string, agent: string, error: CoppiceError): void {
    const { code, message } = error;
    const keeper = this.kernel.find(path) ?? this.kernel.tree.root;
    tellRefused(this, keeper, `spawn ${code}`, {
      type: "spawn.refused",
      path,
      agent,
      code,
      message,
    });
  }

  /** Ends the timer for good, so that nothing keeps the process alive. */
  close(): void {
    this.#timer.close();
    this.#requests.close();
    this.asks.close();
    this.places.flush();
  }

  #shownTo(seat: Seat, { template }: Plan): Template {
    const { arbiter } = this.parts;
    return this.#shown.of(template, (tool) => arbiter.mayEver(seat, toolSubject(tool)));
  }

  #open(path: string, parent: Node, plan: Plan): Seat {
    const above = this.#records.at(parent.path);
    const { layers, budgets, models } = plan;
    const first = firstCallOf(plan);
    return this.parts.arbiter.open({ path, layers, budgets, models, first, parent: above?.seat });
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#requests.begin();
    this.contained.run(NOBODY, "effects", () => this.#carryOutAll());
    this.#draining = false;
    this.#timer.arm();
  }

  /** Until nothing is left: what is carried out may let others go on. */
  #carryOutAll(): void {
    for (;;) {
      const effects = this.kernel.takeEffects();
      for (const effect of effects) this.#contain(effect, this.#carryOut);
      const paced = this.pacedCalls.wake();
      const woke = this.modelCalls.wakeWaiting() || paced;
      const warned = tellWarnings(this);
      if (effects.length === 0 && !woke && !warned) return;
    }
  }

  /** Whatever one effect throws, the next is carried out. */
  #contain<Of extends Effect>(effect: Of, carry: (effect: Of) => void): void {
    try {
      carry(effect);
    } catch (thrown) {
      const doing = "out" in effect ? effect.out.type : effect.type;
      this.contained.fault("node" in effect ? effect.node.path : NOBODY, doing, thrown);
    }
  }

  readonly #carryOut = (effect: Effect): void => {
    switch (effect.type) {
      case "fact":
        return this.log.fact(effect.fact.type as FactType, effect.fact.path, effect.fact);
      case "place":
        return this.#place(effect.node, effect.moved, effect.alone);
      case "deliver":
        return this.#deliver(effect.node, effect.n, effect.body);
      case "drop":
        return this.places.drop(effect.node, effect.incarnation, effect.host);
      case "close":
        return closeAgent(this, effect.node);
      case "abort":
        return this.#records.at(effect.node.path)?.abort(effect.reason);
      case "renew":
        return renewAgent(this, effect.node);
      case "ended":
        return settleAgent(this, effect.node, effect.end);
      case "condemn":
        return condemn(this, effect);
      case "question-timed-out":
        return this.approvals.expire(effect.id);
      case "answer":
        return this.asks.answer(effect.askId, effect.value);
      case "answer-failed":
        return this.asks.fail(effect.askId, decodeError(effect.error));
      case "ask-over":
        this.asks.forget(effect.askId);
        return this.places.endAsk(effect.node, effect.askId);
      case "ask-timed-out":
        return this.asks.timeOut(effect.askId);
      case "request":
        return this.#requests.take(effect);
      default:
        return carryOut(this, effect);
    }
  };

  #place(node: Node, moved: boolean, alone = false): void {
    if (node.closed) return;
    const record = this.recordOf(node);
    record.word ??= this.places.words.take();
    const host = this.places.place(node, record, alone);
    this.kernel.placed(node, host.id, moved);
    this.modelCalls.onPlaced(record);
    if (host.isolation !== undefined) this.kernel.livesAlone(node);
  }

  #deliver(node: Node, n: number, body: DeliveryBody): void {
    if (body.type === "end" && this.places.host(node.host)?.launched === false) {
      return this.kernel.neverBegan(node);
    }
    this.modelCalls.delivered(node, body);
    this.places.deliver(node, n, body);
  }
}
