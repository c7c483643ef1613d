import { CoppiceError } from "../errors.ts";
import { createModels, type Models, type ModelsOptions } from "../models/models.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { HEART, type HostKind } from "../wire/control.ts";
import type { AskOver, Delivery, HostItem, PlaceAgent, ToHost } from "../wire/delivery.ts";
import { encodeError } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { Flush } from "./flush.ts";
import { type AgentActor, HostedAgent } from "./hosted-agent.ts";
import { Inspection } from "./inspection.ts";
import { type LoadedTemplate, loadTemplate, modelAt } from "./loaded-template.ts";
import { LoopAgent } from "./loop-agent.ts";
import { Loops } from "./loop-machine.ts";
import { MachineAgent } from "./machine-agent.ts";
import { machineFaultOf } from "./machine-failure.ts";
import { createModelJobs, type HostedJobs } from "./model-jobs.ts";
import { checkModel, type ImportModule, importMachine } from "./module-import.ts";
import { type Runner, RunningCell } from "./running-cell.ts";
import { WatchedAgent } from "./watched-agent.ts";

export interface HostRuntimeOptions {
  /** Sends the message of a tick, with all its frames. */
  readonly post: (message: FromHost) => void;
  /** The cancel flags, one per agent. */
  readonly cancelFlags: Int32Array;
  /** The words of {@link HEART}. Default: an array that no supervisor reads. */
  readonly heart?: Int32Array;
  /** Called before an agent gets a delivery, for a supervisor that cannot read the heart. */
  readonly onTaken?: (n: number) => void;
  /**
   * Kind of the host; `user-code` also follows its code into asynchronous steps. Default `library`.
   */
  readonly kind?: HostKind;
  /** Environment with the models' API keys; only library hosts have any. */
  readonly env: ModelsOptions["env"];
  /** Randomness for the jitter of retries. Default `Math.random`. */
  readonly chance?: () => number;
  /** Returns the models to use in place of the providers' models, which it is given. */
  readonly wrapModels?: (models: Models) => Models;
  /** Default: `import(url)`. */
  readonly importModule?: ImportModule;
  /** Schedules the flush that ends a tick. Default: `setImmediate`. */
  readonly schedule?: (flush: () => void) => void;
  readonly clock?: Clock;
}

/** The runtime of the agents inside a host. */
export interface HostRuntime {
  receive(message: ToHost): void;
  stats(): { agents: number };
  /** Returns the whole state of a machine here, to compare with the one that was sent. */
  stateOf(agent: Pick<PlaceAgent, "path" | "incarnation">): Json | undefined;
  /** Returns the agent whose code runs now; undefined when no agent's code does. */
  readonly whoRuns: () => Pick<Runner, "path" | "incarnation"> | undefined;
  /**
   * Imports a module and checks its default export.
   *
   * **Fails with** `MACHINE_INVALID` or, for a model, `OPTIONS_INVALID`.
   */
  checkModule(url: string, kind: "machine" | "model"): Promise<void>;
  /** Sends the last message, then stops everything and sends nothing more. */
  close(): void;
}

/**
 * Creates the runtime of a host. It runs the agents that it is given and answers in frames.
 *
 * **Guarantees** Frames, job reports and inspection notes are all that leaves it, in one message
 * per tick. A delivery that was already consumed, or whose agent or incarnation is not here, is
 * ignored. An agent that throws ends as `failed` and does not affect the others.
 */
export function createHostRuntime(options: HostRuntimeOptions): HostRuntime {
  return new Runtime(options);
}

class Runtime implements HostRuntime {
  readonly #cancelFlags: Int32Array;
  readonly #importModule: ImportModule;
  readonly #clock: Clock;
  readonly #models: Models;
  readonly #jobs: HostedJobs;
  readonly #flush: Flush;
  readonly #cell: RunningCell;
  readonly #loops = new Loops();
  readonly #templates = new Map<string, LoadedTemplate>();
  readonly #agents = new Map<string, HostedAgent>();
  readonly #touch = (agent: HostedAgent): void => this.#flush.touch(agent);
  readonly whoRuns = (): Runner | undefined => this.#cell.current;
  #closed = false;

  constructor(options: HostRuntimeOptions) {
    const { post, cancelFlags, env, clock = systemClock, schedule = setImmediate } = options;
    const { importModule = (url: string) => import(url) } = options;
    const { heart = new Int32Array(HEART.words), kind = "library" } = options;
    this.#cell = new RunningCell(heart, options.onTaken);
    if (kind === "user-code") this.#cell.follow();
    this.#cancelFlags = cancelFlags;
    this.#importModule = importModule;
    this.#clock = clock;
    const { chance = Math.random, wrapModels = (models) => models } = options;
    this.#models = wrapModels(createModels({ env, importModule, clock, chance }));
    this.#flush = new Flush({ agents: this.#agents, cell: this.#cell, post, schedule });
    const report = this.#flush.report.bind(this.#flush);
    this.#jobs = createModelJobs({ models: this.#models, cancelFlags, report });
  }

  receive({ inspect, templates = [], items, forget = [] }: ToHost): void {
    if (this.#closed) return;
    if (inspect) this.#flush.inspection ??= new Inspection(this.#clock, () => this.#flush.arm());
    for (const template of templates) this.#templates.set(template.id, loadTemplate(template));
    for (const item of items) this.#take(item);
    for (const id of forget) this.#templates.delete(id);
    this.#flush.runFull();
  }

  stats(): { agents: number } {
    return { agents: this.#agents.size };
  }

  stateOf({ path, incarnation }: Pick<PlaceAgent, "path" | "incarnation">): Json | undefined {
    const agent = this.#agents.get(path);
    return agent?.incarnation === incarnation ? agent.state() : undefined;
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
    for (const agent of this.#agents.values()) agent.drop();
    this.#agents.clear();
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
    const agent = this.#agents.get(path);
    if (agent?.incarnation !== incarnation || n <= agent.upTo || agent.done) return;
    // A delivery that is not taken is not covered, and so becomes a dead letter.
    if (agent.isOver || agent.keep(delivery)) return;
    if (agent.phase === "running") agent.upTo = n;
    agent.touch();
    const before = this.#cell.enter(agent);
    try {
      agent.deliver(body);
    } catch (thrown) {
      agent.emit({ type: "done", end: { status: "failed", error: machineFaultOf(thrown) } });
    } finally {
      this.#cell.leave(before);
    }
  }

  #endAsk(item: AskOver): void {
    const agent = this.#agents.get(item.path);
    if (agent?.incarnation !== item.incarnation) return;
    if (!agent.keep(item)) agent.endAsk(item.askId);
  }

  /** Runs code that may be an agent's own, and records that this agent's code runs. */
  #as(agent: HostedAgent | undefined, run: () => void): void {
    const before = this.#cell.enter(agent);
    try {
      run();
    } finally {
      this.#cell.leave(before);
    }
  }

  /**
   * Returns the agent that made a call. A module's model runs on its caller's host, as the caller's
   * code.
   */
  #callerOf(callId: string): HostedAgent | undefined {
    return this.#agents.get(callId.slice(0, callId.lastIndexOf("#")));
  }

  #drop({ path, incarnation }: { readonly path: string; readonly incarnation: number }): void {
    const agent = this.#agents.get(path);
    if (agent?.incarnation !== incarnation) return;
    this.#agents.delete(path);
    agent.watched?.close();
    this.#as(agent, () => agent.drop());
  }

  #place(placed: PlaceAgent): void {
    const { path, incarnation, template } = placed;
    this.#agents.get(path)?.drop();
    const known = this.#templates.get(template);
    const loaded = known ?? loadTemplate({ id: template, tools: [], agents: [] });
    const agent = new HostedAgent(placed, loaded, this.#cancelFlags, this.#touch);
    this.#agents.set(path, agent);
    const { inspection } = this.#flush;
    if (inspection !== undefined) agent.watched = new WatchedAgent(placed, inspection);
    agent.touch();
    const { machine } = loaded.template;
    if (known === undefined) {
      this.#run(agent, () => {
        const message = `${path}#${incarnation} was placed with an unknown template ${template}`;
        throw new CoppiceError("OPTIONS_INVALID", message, { path, template });
      });
    } else if (machine === undefined) this.#run(agent, () => this.#loop(agent, placed));
    else this.#import(agent, placed, machine);
  }

  #loop(agent: HostedAgent, placed: PlaceAgent): LoopAgent {
    const modelOf = (index: number) => {
      const model = modelAt(agent.loaded, index);
      if (model !== undefined) return this.#models.of(model);
      throw new CoppiceError(
        "OPTIONS_INVALID",
        `Agent ${agent.path} runs the loop without a model`,
      );
    };
    return new LoopAgent(agent, placed, modelOf, this.#loops);
  }

  /** Imports the agent's machine; items that arrive meanwhile are kept in order. */
  #import(agent: HostedAgent, placed: PlaceAgent, url: string): void {
    const stillHere = () => this.#agents.get(agent.path) === agent && !agent.done;
    const before = this.#cell.enter(agent);
    const importing = importMachine(url, this.#importModule);
    this.#cell.leave(before);
    importing.then(
      (machine) => {
        if (!stillHere()) return;
        this.#run(agent, () => new MachineAgent(agent, placed, machine, this.#clock));
      },
      (thrown: unknown) => {
        if (stillHere()) failAtStart(agent, thrown);
      },
    );
  }

  #run(agent: HostedAgent, create: () => AgentActor): void {
    const before = this.#cell.enter(agent);
    let early: readonly HostItem[] = [];
    try {
      early = agent.run(create());
      // The first frame reports that the agent has come up, even when it contains nothing else.
      agent.touch();
    } catch (thrown) {
      failAtStart(agent, thrown);
    } finally {
      this.#cell.leave(before);
    }
    for (const item of early) this.#take(item);
  }
}

function failAtStart(agent: HostedAgent, thrown: unknown): void {
  const error = encodeError(thrown, "MACHINE_INVALID");
  agent.emit({ type: "done", end: { status: "failed", error, atStart: true } });
}
