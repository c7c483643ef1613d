import { CoppiceError } from "../errors.ts";
import { createModels, type Models, type ModelsOptions } from "../models/models.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { HEART, type HostKind } from "../wire/control.ts";
import type { AskOver, Delivery, HostItem, PlaceAgent, ToHost } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import { Flush } from "./flush.ts";
import { type HeldTemplate, holdTemplate, modelAt } from "./held-template.ts";
import { Inspection } from "./inspection.ts";
import { LoopAgent } from "./loop-agent.ts";
import { createLoops } from "./loop-machine.ts";
import { MachineAgent } from "./machine-agent.ts";
import { machineFaultOf } from "./machine-failure.ts";
import { createModelJobs, type HostedJobs } from "./model-jobs.ts";
import { checkModel, type ImportModule, importMachine } from "./module-import.ts";
import { type Runner, RunningCell } from "./running-cell.ts";
import { AgentSeat } from "./seat.ts";
import { Arrival, type Tenant } from "./tenant.ts";
import { WatchedAgent } from "./watched-agent.ts";

export interface HostRuntimeOptions {
  /** Sends what a tick came to, all frames in one message. */
  readonly post: (message: FromHost) => void;
  /** The cancel words, one per agent. */
  readonly words: Int32Array;
  /** The words of {@link HEART}. Left out: nobody asks who runs. */
  readonly heart?: Int32Array;
  /** Told of each delivery before its agent has it, where the supervisor cannot read the heart. */
  readonly onTaken?: (n: number) => void;
  /** A guest's code is followed wherever it goes on. Default `house`. */
  readonly kind?: HostKind;
  /** Where models find their keys: only house hosts have any. */
  readonly env: ModelsOptions["env"];
  /** For the jitter of retries. Default `Math.random`. */
  readonly chance?: () => number;
  /** Stands in for the models of the providers, which it is given. */
  readonly wrapModels?: (models: Models) => Models;
  /** Default: `import(url)`. */
  readonly importModule?: ImportModule;
  /** Runs the flush once the work of a tick is done. Default: `setImmediate`. */
  readonly schedule?: (flush: () => void) => void;
  readonly clock?: Clock;
}

/** What runs agents inside a host. */
export interface HostRuntime {
  receive(message: ToHost): void;
  stats(): { agents: number };
  /** Whose code runs at this moment; undefined where it is nobody's. */
  readonly whoRuns: () => Pick<Runner, "path" | "incarnation"> | undefined;
  /**
   * Imports a module and looks at its default export.
   *
   * **Fails with** `MACHINE_INVALID` or, for a model, `OPTIONS_INVALID`.
   */
  checkModule(url: string, kind: "machine" | "model"): Promise<void>;
  /** Says what is left to say, then stops everything and never speaks again. */
  close(): void;
}

/**
 * Makes the inside of a host: it runs the agents that it is given and answers in frames.
 *
 * **Guarantees** nothing leaves but frames and job reports, once per tick; a delivery that was
 * consumed, or that is for an agent or incarnation not here, is ignored; an agent that throws ends
 * `failed` and leaves its neighbours alone.
 */
export function createHostRuntime(options: HostRuntimeOptions): HostRuntime {
  return new Runtime(options);
}

class Runtime implements HostRuntime {
  readonly #words: Int32Array;
  readonly #importModule: ImportModule;
  readonly #clock: Clock;
  readonly #models: Models;
  readonly #jobs: HostedJobs;
  readonly #flush: Flush;
  readonly #cell: RunningCell;
  readonly #createLoop = createLoops();
  readonly #templates = new Map<string, HeldTemplate>();
  readonly #tenants = new Map<string, Tenant>();
  readonly #touch = (seat: AgentSeat): void => this.#flush.touch(seat);
  readonly whoRuns = (): Runner | undefined => this.#cell.current;
  #closed = false;

  constructor(options: HostRuntimeOptions) {
    const { post, words, env, clock = systemClock, schedule = setImmediate } = options;
    const { importModule = (url: string) => import(url) } = options;
    const { heart = new Int32Array(HEART.words), kind = "house" } = options;
    this.#cell = new RunningCell(heart, options.onTaken);
    if (kind === "guest") this.#cell.follow();
    this.#words = words;
    this.#importModule = importModule;
    this.#clock = clock;
    const { chance = Math.random, wrapModels = (models) => models } = options;
    this.#models = wrapModels(createModels({ env, importModule, clock, chance }));
    this.#flush = new Flush({ tenants: this.#tenants, cell: this.#cell, post, schedule });
    const report = this.#flush.report.bind(this.#flush);
    this.#jobs = createModelJobs({ models: this.#models, words, report });
  }

  receive({ inspect, templates = [], items, forget = [] }: ToHost): void {
    if (this.#closed) return;
    if (inspect) this.#flush.inspection ??= new Inspection(this.#clock, () => this.#flush.arm());
    for (const template of templates) this.#templates.set(template.id, holdTemplate(template));
    for (const item of items) this.#take(item);
    for (const id of forget) this.#templates.delete(id);
  }

  stats(): { agents: number } {
    return { agents: this.#tenants.size };
  }

  async checkModule(url: string, kind: "machine" | "model"): Promise<void> {
    if (kind === "machine") await importMachine(url, this.#importModule);
    else await checkModel(url, this.#importModule);
  }

  close(): void {
    this.#flush.run();
    this.#closed = true;
    this.#flush.inspection?.close();
    this.#jobs.close();
    for (const { resident } of this.#tenants.values()) resident.drop();
    this.#tenants.clear();
  }

  #take(item: HostItem): void {
    switch (item.type) {
      case "deliver":
        this.#deliver(item);
        break;
      case "ask-over":
        this.#endAsk(item);
        break;
      case "place":
        this.#place(item);
        break;
      case "drop":
        this.#drop(item);
        break;
      case "job":
        this.#as(this.#callerOf(item.callId), () =>
          this.#jobs.start(item, this.#templates.get(item.template)),
        );
        break;
      case "job.cancel":
        this.#as(this.#callerOf(item.callId), () => this.#jobs.cancel(item.callId));
        break;
    }
  }

  #deliver(delivery: Delivery): void {
    const { path, incarnation, n, body } = delivery;
    const tenant = this.#tenants.get(path);
    if (tenant === undefined) return;
    const { seat, resident } = tenant;
    if (seat.incarnation !== incarnation || n <= seat.upTo || seat.done) return;
    // What nobody has taken in is not covered, and so becomes a dead letter.
    if (resident.isOver) return;
    if (resident instanceof Arrival && resident.hold(delivery)) return;
    if (!(resident instanceof Arrival)) seat.upTo = n;
    seat.touch();
    const before = this.#cell.enter(seat);
    try {
      resident.deliver(body);
    } catch (thrown) {
      seat.emit({ type: "done", end: { status: "failed", error: machineFaultOf(thrown) } });
    } finally {
      this.#cell.leave(before);
    }
  }

  #endAsk(item: AskOver): void {
    const tenant = this.#tenants.get(item.path);
    if (tenant?.seat.incarnation !== item.incarnation) return;
    const { resident } = tenant;
    if (resident instanceof Arrival) resident.hold(item);
    else resident.endAsk?.(item.askId);
  }

  /** Runs what may be an agent's own code, and says so. */
  #as(seat: AgentSeat | undefined, run: () => void): void {
    const before = this.#cell.enter(seat);
    try {
      run();
    } finally {
      this.#cell.leave(before);
    }
  }

  /** A module's model runs where the agent lives that called it, and is its code. */
  #callerOf(callId: string): AgentSeat | undefined {
    return this.#tenants.get(callId.slice(0, callId.lastIndexOf("#")))?.seat;
  }

  #drop({ path, incarnation }: { readonly path: string; readonly incarnation: number }): void {
    const tenant = this.#tenants.get(path);
    if (tenant?.seat.incarnation !== incarnation) return;
    this.#tenants.delete(path);
    tenant.seat.watched?.close();
    this.#as(tenant.seat, () => tenant.resident.drop());
  }

  #place(placement: PlaceAgent): void {
    const { path, incarnation, template } = placement;
    this.#tenants.get(path)?.resident.drop();
    const known = this.#templates.get(template);
    const held = known ?? holdTemplate({ id: template, tools: [], agents: [] });
    const seat = new AgentSeat(placement, held, this.#words, this.#touch);
    const { inspection } = this.#flush;
    if (inspection !== undefined) seat.watched = new WatchedAgent(placement, inspection);
    seat.touch();
    const { machine } = held.template;
    if (known === undefined) {
      this.#settleIn(seat, () => {
        const told = `Agent ${path}#${incarnation} was placed with an unknown template ${template}`;
        throw new CoppiceError("OPTIONS_INVALID", told, { path, template });
      });
    } else if (machine === undefined) this.#settleIn(seat, () => this.#loop(seat, placement));
    else this.#arrive(seat, placement, machine);
  }

  #loop(seat: AgentSeat, placement: PlaceAgent): LoopAgent {
    const modelOf = (index: number) => {
      const model = modelAt(seat.held, index);
      if (model !== undefined) return this.#models.of(model);
      throw new CoppiceError("OPTIONS_INVALID", `Agent ${seat.path} runs the loop without a model`);
    };
    return new LoopAgent(seat, placement, modelOf, this.#createLoop);
  }

  /** Its machine has to be imported first; what comes for it meanwhile is kept in order. */
  #arrive(seat: AgentSeat, placement: PlaceAgent, url: string): void {
    const arrival = new Arrival(seat);
    this.#tenants.set(seat.path, { seat, resident: arrival });
    const stillHere = () => this.#tenants.get(seat.path)?.resident === arrival && !seat.done;
    const before = this.#cell.enter(seat);
    const importing = importMachine(url, this.#importModule);
    this.#cell.leave(before);
    importing.then(
      (machine) => {
        if (!stillHere()) return;
        this.#settleIn(seat, () => new MachineAgent(seat, placement, machine, this.#clock));
        for (const item of arrival.release()) this.#take(item);
      },
      (thrown: unknown) => {
        if (!stillHere()) return;
        const error = encodeError(thrown, "MACHINE_INVALID");
        seat.emit({ type: "done", end: { status: "failed", error, atStart: true } });
      },
    );
  }

  #settleIn(seat: AgentSeat, create: () => Tenant["resident"]): void {
    const arrival = new Arrival(seat);
    const before = this.#cell.enter(seat);
    try {
      this.#tenants.set(seat.path, { seat, resident: create() });
      // Its first frame says that it has come up, also where it has nothing else to say.
      seat.touch();
    } catch (thrown) {
      this.#tenants.set(seat.path, { seat, resident: arrival });
      const error = encodeError(thrown, "MACHINE_INVALID");
      seat.emit({ type: "done", end: { status: "failed", error, atStart: true } });
    } finally {
      this.#cell.leave(before);
    }
  }
}
