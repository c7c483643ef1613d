import { CoppiceError } from "../errors.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import { describe } from "../wire/error-codec.ts";
import type { RuntimeEvent } from "../wire/event.ts";
import { type Choice, Chooser } from "./choices.ts";
import { eventInvariants } from "./event-invariants.ts";
import { FAULT_RATES, type Fault, type FaultRates, Faults } from "./faults.ts";
import { History } from "./history.ts";
import type { InnerScene, Invariant, Scene } from "./invariant.ts";
import { lifeInvariants } from "./life-invariants.ts";
import { NotedInputs } from "./noted-inputs.ts";
import { Random } from "./random.ts";
import { refuseRealTime } from "./real-time.ts";
import { SimulatedHosts } from "./simulated-hosts.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { simulatedTool } from "./simulated-tools.ts";
import { SimulationFailed } from "./simulation-failed.ts";
import { stateInvariants } from "./state-invariants.ts";
import { Trace } from "./trace.ts";

/** The handle of one schedule for the code that drives its swarm. */
export interface Simulation {
  readonly seed: number;
  /** A generator of random numbers: the same numbers for the same seed. */
  readonly random: Random;
  /** Resolves when the chooser picks this among all possible next events. */
  turn(what?: string): Promise<void>;
}

export interface ScheduleOptions {
  /**
   * Returns the options of one schedule's swarm, always the same for the same numbers. `threads` is
   * the number of hosts of each kind, default 2; the clock is the simulation's own.
   */
  readonly swarm: (random: Random) => SupervisorOptions;
  /** Uses the swarm; what it awaits takes as many steps as it needs. */
  readonly drive: (supervisor: Supervisor, simulation: Simulation) => Promise<void> | void;
  /** The kinds and rates of faults; at most 12 a schedule, those of calls left out. */
  readonly faults?: FaultRates;
  /** Invariants to check beside the library's own. */
  readonly invariants?: readonly Invariant[];
  /** Steps after which a swarm counts as one that never comes to rest. Default 10_000. */
  readonly mostSteps?: number;
  /** A hook for tests of the simulator itself. */
  readonly onLaunched?: (swarm: Swarm) => void;
}

/** A phase of a schedule. */
interface Phase {
  readonly until?: () => boolean;
  readonly needs?: () => boolean;
  readonly faults?: Faults;
}

const innerInvariants = [...eventInvariants, ...stateInvariants, ...lifeInvariants];

/** Runs one schedule, from start to end of its supervisor; returns the number of its steps. */
export async function runSchedule(seed: number, options: ScheduleOptions): Promise<number> {
  return new Schedule(seed, options).run();
}

class Schedule implements Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly #options: ScheduleOptions;
  readonly #rates: Required<FaultRates>;
  readonly #chooser: Chooser;
  readonly #time: SimulatedTime;
  readonly #hosts: SimulatedHosts;
  readonly #history = new History();
  readonly #trace = new Trace();
  readonly #invariants: readonly Invariant<InnerScene>[];
  readonly #turns: Choice[] = [];
  readonly #clock;
  #inputs: NotedInputs | undefined;
  #swarm: Swarm | undefined;
  #scene: InnerScene | undefined;
  #wrong: SimulationFailed | undefined;
  #stopping: Promise<void> | undefined;

  constructor(seed: number, options: ScheduleOptions) {
    this.seed = seed;
    this.#options = options;
    const source = new Random(seed);
    this.random = source.fork();
    this.#rates = { ...FAULT_RATES, ...options.faults };
    this.#chooser = new Chooser(source.fork());
    this.#time = new SimulatedTime(source.fork(), this.#rates.lateness);
    this.#clock = this.#time.clock("the supervisor");
    const { modelCut } = this.#rates;
    this.#hosts = new SimulatedHosts(this.#time, this.#clock, source.fork(), modelCut);
    this.#invariants = [...innerInvariants, ...(options.invariants ?? [])];
  }

  async run(): Promise<number> {
    const supervisor = await this.#start();
    const faults = this.#faults(supervisor);
    const drive = this.#watch(this.#drive(supervisor));
    await this.#run({ needs: () => drive.settled, faults });
    if (drive.thrown !== undefined) throw this.#failure("the drive ends", drive.thrown);
    faults.heal();
    await this.#run({});
    if (this.#stopping === undefined) {
      this.#ask("atRest");
      this.#inputs?.note();
      this.#stop(supervisor);
    }
    const stop = this.#watch(this.#stopping as unknown as Promise<void>);
    await this.#run({ until: () => stop.settled });
    if (stop.thrown !== undefined) throw this.#failure("the supervisor stops", stop.thrown);
    this.#ask("atEnd");
    this.#inputs?.note();
    const wrong = await this.#inputs?.wrongAgain();
    if (wrong !== undefined) throw this.#failure("the same inputs lead to the same state", wrong);
    const alone = await this.#inputs?.wrongAlone();
    if (alone !== undefined) throw this.#failure("a run's own inputs lead to its state", alone);
    return this.#trace.count;
  }

  turn(what = "the drive goes on"): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#later(what, resolve);
    return promise;
  }

  async #start(): Promise<Supervisor> {
    const { swarm, onLaunched } = this.#options;
    const asked = swarm(this.random);
    refuseRealTime(asked);
    const [history, random, rates] = [this.#history, this.random, this.#rates];
    const turn = (what: string) => this.turn(what);
    const options: SupervisorOptions = {
      folder: false,
      threads: 2,
      ...asked,
      clock: this.#clock,
      tools: (asked.tools ?? []).map((tool) =>
        simulatedTool(tool, { history, random, rates, turn }),
      ),
    };
    const inputs = new NotedInputs(options, onLaunched);
    this.#inputs = inputs;
    const supervisor = await Supervisor.start(options, {
      outside: inputs.outside,
      startHosts: this.#hosts.start,
      chance: () => this.random.next(),
      onLaunched: (launched) => {
        this.#swarm = launched;
        inputs.swarm = launched;
        onLaunched?.(launched);
      },
    });
    const [now, time] = [this.#swarm as unknown as Swarm, this.#time];
    this.#scene = {
      supervisor,
      history,
      hosts: this.#hosts,
      swarm: now,
      get armed() {
        return time.armed;
      },
    };
    history.last = now.log.last;
    // Without a listener that may act, a step goes on with its own request: half of the seeds do.
    now.log.on("*", (event) => this.#hear(event), { acts: this.seed % 2 === 0 });
    return supervisor;
  }

  #faults(supervisor: Supervisor): Faults {
    return new Faults({
      random: this.random,
      rates: this.#rates,
      hosts: this.#hosts,
      swarm: this.#swarm as Swarm,
      supervisor,
      later: (what, run) => this.#later(what, run),
      stop: () => this.#stop(supervisor),
      jump: (ms) => {
        this.#time.ahead += ms;
      },
    });
  }

  #stop(supervisor: Supervisor): void {
    const stopping = supervisor.stop();
    this.#stopping ??= stopping;
  }

  /** Runs the drive; a drive may find that the simulation has stopped the supervisor. */
  async #drive(supervisor: Supervisor): Promise<void> {
    try {
      await this.#options.drive(supervisor, this);
    } catch (thrown) {
      const late = thrown instanceof CoppiceError && thrown.code === "SUPERVISOR_STOPPED";
      if (!late || this.#stopping === undefined) throw thrown;
    }
  }

  /** Steps until `until` is true or no choice is left; then `needs` must be true. */
  async #run({ until, needs = () => until === undefined, faults }: Phase): Promise<void> {
    const { mostSteps = 10_000 } = this.#options;
    for (;;) {
      await allSettled();
      this.#ask("ofStep");
      if (until?.()) return;
      const next = faults?.next() ?? this.#chooser.choose(this.#choices());
      if (next === undefined) {
        if (needs()) return;
        throw this.#failure("everything comes to rest", "nothing can happen any more");
      }
      if (this.#trace.count >= mostSteps) {
        throw this.#failure("everything comes to rest", `it takes more than ${mostSteps} steps`);
      }
      this.#take(next);
    }
  }

  #choices(): readonly Choice[] {
    const choices = [...this.#turns];
    this.#hosts.offer(choices);
    this.#time.offer(choices);
    return choices;
  }

  #take({ what, run }: Fault): void {
    this.#trace.step(what);
    try {
      run();
    } catch (thrown) {
      throw this.#failure("nothing throws", thrown);
    }
  }

  #later(what: string, run: () => void): void {
    const choice: Choice = {
      kind: "turn",
      what,
      run: () => {
        this.#turns.splice(this.#turns.indexOf(choice), 1);
        run();
      },
    };
    this.#turns.push(choice);
  }

  #hear(event: RuntimeEvent): void {
    this.#trace.event(event);
    const scene = this.#scene as InnerScene;
    for (const { name, ofEvent } of this.#invariants) {
      const wrong = ofEvent?.(event, scene);
      if (wrong !== undefined) this.#wrong ??= this.#failure(name, wrong);
    }
    this.#history.add(event, this.#clock.now());
  }

  #ask(question: "ofStep" | "atRest" | "atEnd"): void {
    if (this.#wrong !== undefined) throw this.#wrong;
    const scene = this.#scene as InnerScene;
    for (const invariant of this.#invariants) {
      const wrong = invariant[question]?.(scene as InnerScene & Scene);
      if (wrong !== undefined) throw this.#failure(invariant.name, wrong);
    }
  }

  #watch(promise: Promise<void>): { settled: boolean; thrown: unknown } {
    const watched = { settled: false, thrown: undefined as unknown };
    promise.then(
      () => {
        watched.settled = true;
      },
      (thrown: unknown) => {
        watched.settled = true;
        watched.thrown = thrown ?? "it rejected with nothing";
      },
    );
    return watched;
  }

  #failure(invariant: string, thrown: unknown): SimulationFailed {
    const wrong = typeof thrown === "string" ? thrown : describe(thrown);
    const { seed } = this;
    const { count: step } = this.#trace;
    const cause = typeof thrown === "string" ? {} : { cause: thrown };
    return new SimulationFailed({
      seed,
      step,
      invariant,
      wrong,
      trace: this.#trace.lines(),
      ...cause,
    });
  }
}

/** Resolves when every pending promise callback and tick has run. */
function allSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
