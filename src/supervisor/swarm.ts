import type { Seat } from "../authority/arbiter.ts";
import type { BreakerOptions } from "../authority/circuit-breaker.ts";
import type { RateOptions } from "../authority/rates.ts";
import { toolSubject } from "../authority/subjects.ts";
import { type ApprovalOptions, Approvals } from "../calls/approvals.ts";
import { firstCallOf } from "../calls/first-call.ts";
import { agentAnswers } from "../calls/messages.ts";
import { ModelCalls } from "../calls/model-calls.ts";
import { PacedCalls } from "../calls/paced-calls.ts";
import { tellRefused } from "../calls/refused-facts.ts";
import type { Requested } from "../calls/requested.ts";
import { askersOf } from "../calls/requests.ts";
import { ToolInputs } from "../calls/tool-inputs.ts";
import { AgentRecord } from "../engine/agent-record.ts";
import { AgentRecords } from "../engine/agent-records.ts";
import { askedRoot } from "../engine/asked-root.ts";
import { Asks } from "../engine/asks.ts";
import { Containment, NOBODY } from "../engine/containment.ts";
import { DeadlineTimer } from "../engine/deadline-timer.ts";
import { EndedAgents } from "../engine/ended-agents.ts";
import type { Engine } from "../engine/engine.ts";
import { HostEvents } from "../engine/host-events.ts";
import { Inbox } from "../engine/inbox.ts";
import type { Input, Notice, Order } from "../engine/input.ts";
import type { OnUnsent } from "../engine/outbox.ts";
import type { Outside, StepTime } from "../engine/outside.ts";
import type { Parts } from "../engine/parts.ts";
import { Places } from "../engine/places.ts";
import { RequestQueue } from "../engine/request-queue.ts";
import { Runs } from "../engine/runs.ts";
import { UsageByLabel } from "../engine/usage-by-label.ts";
import { CoppiceError } from "../errors.ts";
import type { EventLog } from "../journal/event-log.ts";
import type { Releases } from "../journal/releases.ts";
import type { End } from "../kernel/end.ts";
import { layGround } from "../kernel/ground.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { keyOf, type Node } from "../kernel/node.ts";
import { forgetNode } from "../kernel/remains.ts";
import { birthOf, type Plan } from "../specs/plan.ts";
import { ShownTools } from "../specs/shown-tools.ts";
import type { Decided } from "../wire/approval.ts";
import type { Clock } from "../wire/clock.ts";
import type { Template } from "../wire/delivery.ts";
import type { Intensity, Limits } from "../wire/spec.ts";
import { AllRuns } from "./all-runs.ts";
import { type AnswerTo, decide } from "./decide.ts";
import { carryOutAll } from "./effects.ts";

export interface SwarmOptions extends ApprovalOptions {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly releases: Releases;
  readonly limits: Limits;
  readonly graceMs: number;
  readonly intensity?: Intensity | undefined;
  /** From 0 to below 1, for the jitter of restarts. */
  readonly chance: () => number;
  readonly outside: Outside;
  readonly rates?: RateOptions | undefined;
  readonly breaker?: BreakerOptions | false | undefined;
}

/**
 * The shell around the kernel: it owns clock, timers, hosts and accounts, lets the kernel decide,
 * and carries out what was decided, in that order, on one thread.
 */
export class Swarm implements Engine {
  readonly runs: Runs;
  readonly places: Places;
  readonly asks = new Asks(agentAnswers(this));
  readonly log: EventLog;
  readonly releases: Releases;
  readonly clock: Clock;
  readonly modelCalls: ModelCalls;
  readonly approvals: Approvals;
  readonly pacedCalls: PacedCalls;
  readonly toolInputs = new ToolInputs(this);
  readonly labels = new UsageByLabel();
  readonly hostEvents = new HostEvents(this);
  readonly ended: EndedAgents;
  readonly contained = new Containment(this);
  readonly requests: RequestQueue<Requested>;
  readonly #shown = new ShownTools();
  readonly #records = new AgentRecords();
  readonly outside: Outside;
  readonly inbox: Inbox;
  wall = 0;
  #parts: Parts | undefined;
  readonly #timer: DeadlineTimer;
  readonly allRuns: AllRuns;

  constructor(options: SwarmOptions) {
    this.clock = options.clock;
    this.log = options.log;
    this.releases = options.releases;
    this.ended = new EndedAgents(options.log, (node) =>
      this.inbox.notify({ type: "forget", agent: keyOf(node) }),
    );
    const { outside, releases } = options;
    this.outside = outside;
    const chance = () => outside.look("chance", options.chance);
    const endOf = (node: Node) => this.#endOf(node);
    const ground = layGround(
      { ...options, chance, endOf },
      ({ node, ...given }) => this.inbox.notify({ agent: keyOf(node), ...given } as Notice),
      (root) => askedRoot(root, outside),
    );
    this.runs = new Runs(ground);
    const onUnsent: OnUnsent = (path, thrown, isPlacing) => {
      this.contained.fault(path, "post", thrown);
      if (isPlacing) this.inbox.post({ type: "never-placed", path });
    };
    const now = () => this.kernel.tree.now;
    this.places = new Places({ residents: ground.residents, now, outside, releases, onUnsent });
    this.modelCalls = new ModelCalls(this, options.breaker);
    this.approvals = new Approvals(this, options, askersOf(this));
    this.pacedCalls = new PacedCalls(this, options.rates);
    this.requests = new RequestQueue({
      clock: this.clock,
      step: (node) => this.inbox.post({ type: "request", agent: keyOf(node) }),
      goOn: () => this.#goOn(),
    });
    this.#timer = new DeadlineTimer({
      clock: this.clock,
      next: () => this.runs.next,
      onDue: () => this.contained.run(NOBODY, "deadlines", () => this.#wakeRuns()),
    });
    this.inbox = new Inbox({
      ...{ releases, outside, contained: this.contained, retention: options.log.retention },
      begin: (time, input) => this.#begin(time, input),
      decide: (input) => decide(this, input),
      carryOut: () => this.#carryOut(),
      leave: () => this.#leave(),
      isVoid: (input) => input.type === "frame" && this.places.isDistrusted(input.host),
      gather: this.approvals.notice,
      goOn: () => this.#goOn(),
    });
    this.allRuns = new AllRuns(this.runs, this.inbox);
  }

  begin(parts: Parts): void {
    this.#parts = parts;
    this.places.hosts = parts.hosts;
  }

  get kernel(): Kernel {
    return this.runs.current;
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

  take<Of extends Order>(order: Of): AnswerTo<Of["type"]> {
    return this.inbox.take(order) as AnswerTo<Of["type"]>;
  }

  /** Decides for people, all of it or nothing. */
  decide(decisions: readonly Decided[]): void {
    this.inbox.takeAll(this.approvals.ordersFor(decisions));
  }

  /** Looks at what depends on the time, as it is now. */
  look<Seen>(path: string, look: () => Seen): Seen {
    if (!this.releases.isHeld) this.take({ type: "look", path });
    return look();
  }

  forget(node: Node): void {
    forgetNode(this.kernel.tree, node);
    this.#records.forget(node);
  }

  /** Spawns a top-level agent. Fails with the refusal. */
  spawnAtRoot({ spec, options, plan, aborted }: Extract<Order, { type: "spawn" }>): AgentRecord {
    const { kernel, parts, outside } = this;
    const made = plan ?? parts.registry.plan(spec, options, outside.isReplay);
    const record = this.spawn(kernel.tree.root, made);
    // Within the step, so that nothing of it begins.
    if (aborted !== undefined) kernel.end(record.node, { status: "cancelled", reason: aborted });
    return record;
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
    this.requests.close();
    this.asks.close();
    this.places.flush();
  }

  #shownTo(seat: Seat, { template }: Plan): Template {
    const tools = this.outside.look("shown", () => template.tools.map(({ subject }) => subject));
    const may = this.parts.arbiter.mayEverOf(seat, tools.map(toolSubject));
    const shown = new Set(tools.filter((_tool, at) => may[at]));
    return this.#shown.of(template, (tool) => shown.has(tool));
  }

  #open(path: string, parent: Node, plan: Plan): Seat {
    const above = this.#records.at(parent.path);
    const { layers, budgets, models } = plan;
    const first = firstCallOf(plan);
    return this.parts.arbiter.open({ path, layers, budgets, models, first, parent: above?.seat });
  }

  #begin({ now, wall }: StepTime, input: Input): void {
    this.wall = wall;
    this.runs.enter(input);
    this.kernel.at(now);
    this.#parts?.arbiter.at(wall, now, this.runs.currentPath ?? "/");
  }

  #leave(): string | undefined {
    const run = this.runs.currentPath;
    this.runs.leave();
    if (this.#parts !== undefined) {
      this.contained.run(NOBODY, "deadlines", this.#timer.arm);
    }
    return run;
  }

  #wakeRuns(): void {
    const { runs, inbox } = this;
    try {
      for (const kernel of runs.takeDue(this.clock.now())) {
        inbox.post({ type: "deadlines", run: kernel.tree.run });
      }
    } finally {
      // Some may have been due for who is not kept any more.
      this.contained.run(NOBODY, "deadlines", this.#timer.arm);
    }
  }

  /** Where it is kept how one has ended, is what all runs together are kept by. */
  #endOf(node: Node): End | undefined {
    const isKept = this.outside.ask("kept", () => this.ended.has(node));
    return isKept ? this.ended.endOf(node) : undefined;
  }

  #goOn(): void {
    this.contained.run(NOBODY, "requests", () => this.requests.run());
  }

  #carryOut(): void {
    // Something may be told of while it is being started.
    if (this.#parts === undefined) return;
    this.contained.run(NOBODY, "effects", () => carryOutAll(this));
  }
}
