import type { BreakerOptions } from "../authority/circuit-breaker.ts";
import type { RateOptions } from "../authority/rates.ts";
import { type ApprovalOptions, Approvals } from "../calls/approvals.ts";
import { agentAnswers } from "../calls/messages.ts";
import { ModelCalls } from "../calls/model-calls.ts";
import { RateLimitedCalls } from "../calls/rate-limited-calls.ts";
import type { Requested } from "../calls/requested.ts";
import { askersOf } from "../calls/requests.ts";
import { ToolInputs } from "../calls/tool-inputs.ts";
import type { AgentRecord } from "../engine/agent-record.ts";
import { AgentRecords } from "../engine/agent-records.ts";
import { Asks } from "../engine/asks.ts";
import { Containment, NOBODY } from "../engine/containment.ts";
import { DeadlineTimer } from "../engine/deadline-timer.ts";
import { EndedAgents } from "../engine/ended-agents.ts";
import type { Engine } from "../engine/engine.ts";
import { HostEvents } from "../engine/host-events.ts";
import { HostRouter } from "../engine/host-router.ts";
import { Inbox } from "../engine/inbox.ts";
import type { Input, Notice, Order } from "../engine/input.ts";
import { notedRoot } from "../engine/noted-root.ts";
import type { OnUnsent } from "../engine/outbox.ts";
import type { Outside, StepTime } from "../engine/outside.ts";
import type { Parts } from "../engine/parts.ts";
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
import type { Decided } from "../wire/approval.ts";
import type { Clock } from "../wire/clock.ts";
import type { Intensity, Limits } from "../wire/spec.ts";
import { AllRuns } from "./all-runs.ts";
import { type AnswerTo, decide } from "./decide.ts";
import { carryOutAll } from "./effects.ts";
import { Spawner } from "./spawner.ts";

export interface SwarmOptions extends ApprovalOptions {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly releases: Releases;
  readonly limits: Limits;
  readonly graceMs: number;
  readonly intensity?: Intensity | undefined;
  /** Returns a number from 0 to below 1, for the jitter of restarts. */
  readonly chance: () => number;
  readonly outside: Outside;
  readonly rates?: RateOptions | undefined;
  readonly breaker?: BreakerOptions | false | undefined;
}

/**
 * The shell around the kernel. It owns the clock, timers, hosts and accounts; on one thread it
 * takes an input, lets the kernel decide, and carries out the effects, in that order.
 */
export class Swarm implements Engine {
  readonly runs: Runs;
  readonly router: HostRouter;
  readonly asks = new Asks(agentAnswers(this));
  readonly log: EventLog;
  readonly releases: Releases;
  readonly clock: Clock;
  readonly modelCalls: ModelCalls;
  readonly approvals: Approvals;
  readonly rateLimitedCalls: RateLimitedCalls;
  readonly toolInputs = new ToolInputs(this);
  readonly labels = new UsageByLabel();
  readonly hostEvents = new HostEvents(this);
  readonly ended: EndedAgents;
  readonly contained = new Containment(this);
  readonly requests: RequestQueue<Requested>;
  readonly #records = new AgentRecords();
  readonly spawner: Spawner;
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
      (root) => notedRoot(root, outside),
    );
    this.runs = new Runs(ground);
    const onUnsent: OnUnsent = (path, thrown, isPlacing) => {
      this.contained.fault(path, "post", thrown);
      if (isPlacing) this.inbox.post({ type: "never-placed", path });
    };
    const now = () => this.kernel.tree.now;
    this.router = new HostRouter({
      agentsByHost: ground.agentsByHost,
      now,
      outside,
      releases,
      onUnsent,
    });
    this.modelCalls = new ModelCalls(this, options.breaker);
    this.approvals = new Approvals(this, options, askersOf(this));
    this.rateLimitedCalls = new RateLimitedCalls(this, options.rates);
    this.requests = new RequestQueue({
      clock: this.clock,
      isHeard: () => this.log.mayBeActedOn,
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
      isVoid: (input) => input.type === "frame" && this.router.isDistrusted(input.host),
      gather: this.approvals.notice,
      goOn: () => this.#goOn(),
    });
    this.allRuns = new AllRuns(this.runs, this.inbox);
    this.spawner = new Spawner(this, this.#records);
  }

  begin(parts: Parts): void {
    this.#parts = parts;
    this.router.hosts = parts.hosts;
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

  /** Returns the record of this node, even when its path belongs to another agent by now. */
  recordOf(node: Node): AgentRecord {
    return this.#records.of(node);
  }

  take<Of extends Order>(order: Of): AnswerTo<Of["type"]> {
    return this.inbox.take(order) as AnswerTo<Of["type"]>;
  }

  /** Applies decisions of people, all of them or none. */
  decide(decisions: readonly Decided[]): void {
    this.inbox.takeAll(this.approvals.ordersFor(decisions));
  }

  /** Reads state that depends on the time, as of now. */
  look<Seen>(path: string, look: () => Seen): Seen {
    if (!this.releases.isInStep) this.take({ type: "look", path });
    return look();
  }

  forget(node: Node): void {
    forgetNode(this.kernel.tree, node);
    this.#records.forget(node);
  }

  /** Ends the timers, so that none keeps the process alive. */
  close(): void {
    this.#timer.close();
    this.requests.close();
    this.asks.close();
    this.router.flush();
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
      // A run that was due may no longer be kept: the timer is armed anew in any case.
      this.contained.run(NOBODY, "deadlines", this.#timer.arm);
    }
  }

  /**
   * Returns the end of an agent, if it is still kept. That depends on all runs together, so it is a
   * query, and a replay gets the same answer.
   */
  #endOf(node: Node): End | undefined {
    const isKept = this.outside.query("kept", () => this.ended.has(node));
    return isKept ? this.ended.endOf(node) : undefined;
  }

  #goOn(): void {
    this.contained.run(NOBODY, "requests", () => {
      this.requests.run();
      this.router.flushFull();
    });
  }

  #carryOut(): void {
    // Events can arrive while the parts are still being started.
    if (this.#parts === undefined) return;
    this.contained.run(NOBODY, "effects", () => carryOutAll(this));
  }
}
