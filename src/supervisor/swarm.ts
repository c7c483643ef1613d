import type { Seat } from "../authority/arbiter.ts";
import { toolSubject } from "../authority/subjects.ts";
import { CoppiceError } from "../errors.ts";
import type { Effect } from "../kernel/effects.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { End, Node } from "../kernel/node.ts";
import { takesMail } from "../kernel/supervision.ts";
import { type Clock, LONGEST_DELAY_MS } from "../wire/clock.ts";
import type { DeliveryBody, Template } from "../wire/delivery.ts";
import { decodeError } from "../wire/error-codec.ts";
import type { FactType } from "../wire/event.ts";
import type { Json } from "../wire/json.ts";
import { AgentRecord } from "./agent-record.ts";
import { Approvals } from "./approvals.ts";
import { Asks } from "./asks.ts";
import { tellWarnings } from "./budget-warnings.ts";
import type { EventLog } from "./event-log.ts";
import { firstCallOf } from "./first-call.ts";
import { condemn, HostListener } from "./host-events.ts";
import { undelivered } from "./messages.ts";
import { ModelCalls } from "./model-calls.ts";
import { PacedCalls } from "./paced-calls.ts";
import { Places } from "./places.ts";
import { birthOf, type Plan } from "./plan.ts";
import { RequestQueue } from "./request-queue.ts";
import { carryOut } from "./requests.ts";
import { ShownTools } from "./shown-tools.ts";
import type { SwarmOptions, SwarmParts } from "./swarm-parts.ts";
import { ToolInputs } from "./tool-inputs.ts";
import { UsageByLabel } from "./usage-by-label.ts";

/**
 * The shell around the kernel: it owns clock, timers, hosts and accounts, lets the kernel decide,
 * and carries out what was decided, in that order, on one thread.
 */
export class Swarm {
  readonly kernel: Kernel;
  readonly places: Places;
  readonly asks = new Asks();
  readonly log: EventLog;
  readonly clock: Clock;
  readonly modelCalls: ModelCalls;
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
  readonly toolInputs = new ToolInputs(this);
  readonly labels = new UsageByLabel();
  readonly hostEvents = new HostListener(this);
  readonly #requests: RequestQueue;
  readonly #shown = new ShownTools();
  readonly #records = new Map<string, AgentRecord>();
  readonly #byNode = new WeakMap<Node, AgentRecord>();
  #parts: SwarmParts | undefined;
  #draining = false;
  #closed = false;
  #timer: { readonly at: number; readonly handle: unknown } | undefined;

  constructor(options: SwarmOptions) {
    this.clock = options.clock;
    this.log = options.log;
    this.kernel = new Kernel(options);
    this.places = new Places(this.kernel.tree);
    this.modelCalls = new ModelCalls(this, options.breaker);
    this.approvals = new Approvals(this, options);
    this.pacedCalls = new PacedCalls(this, options.rates);
    this.#requests = new RequestQueue({
      clock: this.clock,
      carryOut: (effect) => carryOut(this, effect),
      step: (slice) => this.step(slice),
    });
  }

  begin(parts: SwarmParts): void {
    this.#parts = parts;
    this.places.hosts = parts.hosts;
  }

  get parts(): SwarmParts {
    if (this.#parts === undefined) throw new CoppiceError("SUPERVISOR_STOPPED", "not started");
    return this.#parts;
  }

  get records(): Iterable<AgentRecord> {
    return this.#records.values();
  }

  record(path: string): AgentRecord | undefined {
    return this.#records.get(path);
  }

  /** Its own, also where another one has its path by now. */
  recordOf(node: Node): AgentRecord {
    return this.#byNode.get(node) as AgentRecord;
  }

  /** One step: the kernel decides at this time, then all of it is carried out. */
  step<T>(decide: (kernel: Kernel) => T): T {
    const now = this.clock.now();
    this.kernel.at(now);
    this.#parts?.arbiter.at(now);
    try {
      return decide(this.kernel);
    } finally {
      this.#drain();
    }
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
      const labels = { ...this.#records.get(parent.path)?.labels, ...plan.labels };
      const template = this.#shownTo(seat, plan);
      const record = new AgentRecord({ node, plan, seat, template, labels });
      this.#records.set(node.path, record);
      this.#byNode.set(node, record);
      this.parts.telemetry?.spawned(record);
      return record;
    } catch (thrown) {
      if (thrown instanceof CoppiceError) this.refusedSpawn(parent.path, plan.agent, thrown);
      throw thrown;
    }
  }

  refusedSpawn(path: string, agent: string, error: CoppiceError): void {
    this.log.fact("spawn.refused", path, { agent, code: error.code, message: error.message });
  }

  /** Asks an agent; the answer, or why there is none. */
  ask(node: Node, message: Json, timeoutMs: number): Promise<Json> {
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    const askId = this.asks.open(node.path, { answer: resolve, fail: reject });
    const hasEnded = !takesMail(node);
    const deadline = this.clock.now() + timeoutMs;
    const isTold = this.step((kernel) => kernel.ask(node, "/", message, askId, deadline));
    if (!isTold) this.asks.fail(askId, undelivered(node, message, hasEnded));
    return promise;
  }

  /** Ends the timer for good, so that nothing keeps the process alive. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    this.#requests.close();
    this.asks.close();
    this.places.flush();
  }

  #shownTo(seat: Seat, { template }: Plan): Template {
    const { arbiter } = this.parts;
    return this.#shown.of(template, (tool) => arbiter.mayEver(seat, toolSubject(tool)));
  }

  #open(path: string, parent: Node, plan: Plan): Seat {
    const above = this.#records.get(parent.path);
    const { layers, budgets, models } = plan;
    const first = firstCallOf(plan);
    return this.parts.arbiter.open({ path, layers, budgets, models, first, parent: above?.seat });
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#requests.begin();
    try {
      this.#carryOutAll();
    } finally {
      this.#draining = false;
    }
    this.#arm();
  }

  /** Until nothing is left: what is carried out may let others go on. */
  #carryOutAll(): void {
    for (;;) {
      const effects = this.kernel.takeEffects();
      for (const effect of effects) this.#carryOut(effect);
      const paced = this.pacedCalls.wake();
      const woke = this.modelCalls.wakeWaiting() || paced;
      const warned = tellWarnings(this);
      if (effects.length === 0 && !woke && !warned) return;
    }
  }

  #carryOut(effect: Effect): void {
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
        return this.#close(effect.node);
      case "abort":
        return this.#records.get(effect.node.path)?.abort(effect.reason);
      case "renew":
        return this.#renew(this.recordOf(effect.node));
      case "ended":
        return this.#ended(effect.node, effect.end);
      case "forget":
        this.#forget(effect.node);
        return;
      case "condemn":
        return condemn(this, effect);
      case "question-timed-out":
        return this.approvals.expire(effect.id);
      case "answer":
        return this.asks.answer(effect.askId, effect.value);
      case "answer-failed":
        return this.asks.fail(effect.askId, decodeError(effect.error));
      case "ask-timed-out":
        return this.asks.timeOut(effect.askId);
      case "request":
        return this.#requests.take(effect);
      default:
        return carryOut(this, effect);
    }
  }

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

  #close(node: Node): void {
    const record = this.recordOf(node);
    if (record.word !== undefined) this.places.words.set(record.word);
    this.modelCalls.onClose(record);
    this.approvals.withdraw(node);
    this.pacedCalls.withdraw(node);
    this.toolInputs.withdraw(node);
    this.places.leave(node);
  }

  /** What the last incarnation held is given back; account, rights and outcome stay. */
  #renew(record: AgentRecord): void {
    const { words } = this.places;
    this.modelCalls.onEnded(record);
    // Another word: a stuck thread may still look at the old one.
    const old = record.word;
    record.word = words.take();
    if (old !== undefined) words.give(old);
    record.renew();
  }

  #forget(node: Node): void {
    if (this.#records.get(node.path)?.node === node) this.#records.delete(node.path);
  }

  #ended(node: Node, end: End): void {
    const record = this.recordOf(node);
    const { arbiter } = this.parts;
    this.modelCalls.onEnded(record);
    const usage = arbiter.usage(record.seat);
    this.labels.add(record.labels, arbiter.ownUsage(record.seat));
    arbiter.close(record.seat);
    if (record.word !== undefined) this.places.words.give(record.word);
    record.word = undefined;
    const { path } = node;
    const told = { path, usage, ...end } as unknown as Json;
    this.log.fact("agent.stopped", path, { outcome: told });
    record.settle(end, usage);
  }

  /** One timer for the earliest deadline of the whole tree. */
  #arm(): void {
    const next = this.kernel.tree.deadlines.next;
    if (this.#closed || next === this.#timer?.at) return;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (next === undefined) return;
    const delayMs = Math.min(Math.max(0, next - this.clock.now()), LONGEST_DELAY_MS);
    const handle = this.clock.setTimeout(() => {
      this.#timer = undefined;
      this.step((kernel) => kernel.tick());
    }, delayMs);
    this.#timer = { at: next, handle };
  }
}
