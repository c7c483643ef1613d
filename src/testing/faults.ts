import type { Node } from "../kernel/node.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Swarm } from "../supervisor/swarm.ts";
import type { Choice } from "./choices.ts";
import type { Random } from "./random.ts";
import type { SimulatedHost } from "./simulated-host.ts";
import type { SimulatedHosts } from "./simulated-hosts.ts";

/** The rates of injected faults: each from 0, never, to 1, always. */
export interface FaultRates {
  /** A host dies, and a part of what it had sent is lost; per step. Default 0.01. */
  readonly crash?: number;
  /** A host freezes until it wakes up or is terminated; per step. Default 0.01. */
  readonly freeze?: number;
  /** A random agent is cancelled; per step. Default 0.005. */
  readonly cancel?: number;
  /** A random agent is paused and resumed later; per step. Default 0.01. */
  readonly pause?: number;
  /** The supervisor is stopped; per step. Default 0.001. */
  readonly stop?: number;
  /**
   * The wall clock jumps up to nine hours forward, as after sleep, or up to an hour back; per step.
   * Default 0.01.
   */
  readonly clockJump?: number;
  /** A tool fails; per call. Default 0.05. */
  readonly toolFailure?: number;
  /** A tool never answers; per call. Default 0.05. */
  readonly toolSilence?: number;
  /** A model's stream is cut after it began; per call. Default 0.03. */
  readonly modelCut?: number;
  /**
   * Everything else is slow: time passes although something else could happen, or timers fire up to
   * three seconds late; per step. Default 0.1; with 0 time passes only when nothing else can
   * happen.
   */
  readonly lateness?: number;
}

export const FAULT_RATES: Required<FaultRates> = {
  crash: 0.01,
  freeze: 0.01,
  cancel: 0.005,
  pause: 0.01,
  stop: 0.001,
  clockJump: 0.01,
  toolFailure: 0.05,
  toolSilence: 0.05,
  modelCut: 0.03,
  lateness: 0.1,
};

/**
 * The most faults of one schedule, those of calls left out, so that the schedule comes to an end.
 */
const MAX_FAULTS = 12;

const HOUR_MS = 3_600_000;

const STRIKES = ["crash", "freeze", "cancel", "pause", "stop", "clockJump"] as const;

/** A fault that happens now. */
export type Fault = Pick<Choice, "what" | "run">;

export interface FaultSurroundings {
  readonly random: Random;
  readonly rates: Required<FaultRates>;
  readonly hosts: SimulatedHosts;
  readonly swarm: Swarm;
  readonly supervisor: Supervisor;
  /** Adds a choice, which runs when the chooser picks it. */
  readonly later: (what: string, run: () => void) => void;
  readonly stop: () => void;
  /** Moves the wall clock forward, or back for a negative number. */
  readonly jump: (ms: number) => void;
}

/** Injects faults at random. */
export class Faults {
  readonly #at: FaultSurroundings;
  readonly #paused = new Set<string>();
  #left = MAX_FAULTS;

  constructor(surroundings: FaultSurroundings) {
    this.#at = surroundings;
  }

  /** Returns the fault that happens before the next step, if any. */
  next(): Fault | undefined {
    const { random, rates } = this.#at;
    if (this.#left === 0) return undefined;
    let at = random.next();
    for (const name of STRIKES) {
      at -= rates[name];
      if (at >= 0) continue;
      const fault = this[name]();
      if (fault !== undefined) this.#left -= 1;
      return fault;
    }
    return undefined;
  }

  /** Resumes all paused agents, so that the swarm can come to rest. */
  heal(): void {
    for (const path of [...this.#paused]) this.#resume(path);
  }

  protected crash(): Fault | undefined {
    const host = this.#host(({ state, isWarm }) => state === "ready" || isWarm);
    return host && { what: `${host.id} crashes`, run: () => host.crash() };
  }

  protected freeze(): Fault | undefined {
    const host = this.#host(({ state }) => state === "ready");
    return host && { what: `${host.id} freezes`, run: () => host.freeze() };
  }

  protected cancel(): Fault | undefined {
    const path = this.#agent()?.path;
    if (path === undefined) return undefined;
    const run = () => void this.#at.supervisor.cancel(path, "the simulation wants it so");
    return { what: `${path} is cancelled`, run };
  }

  protected pause(): Fault | undefined {
    const path = this.#agent()?.path;
    if (path === undefined || this.#paused.has(path)) return undefined;
    const run = (): void => {
      this.#paused.add(path);
      void this.#at.supervisor.pause(path);
      this.#at.later(`${path} may go on`, () => this.#resume(path));
    };
    return { what: `${path} is paused`, run };
  }

  protected stop(): Fault {
    const { random, later, stop } = this.#at;
    const again = random.chance(0.3);
    const run = (): void => {
      stop();
      // The second stop kills at once.
      if (again) later("the supervisor is stopped once more", stop);
    };
    return { what: "the supervisor is stopped", run };
  }

  protected clockJump(): Fault {
    const { random, jump } = this.#at;
    const ms = random.chance(0.5) ? random.below(9 * HOUR_MS) : -random.below(HOUR_MS);
    return { what: `the date jumps by ${ms} ms`, run: () => jump(ms) };
  }

  #resume(path: string): void {
    const { supervisor } = this.#at;
    // An agent that has ended may no longer be kept.
    if (!this.#paused.delete(path) || supervisor.find(path) === undefined) return;
    void supervisor.resume(path);
  }

  #host(mayBe: (host: SimulatedHost) => boolean) {
    const { hosts, random } = this.#at;
    const some = hosts.all.filter(mayBe);
    return some.length === 0 ? undefined : random.pick(some);
  }

  #agent(): Node | undefined {
    const { swarm, random } = this.#at;
    const living = [...swarm.kernel.tree.nodes.values()].filter(
      ({ depth, end }) => depth > 0 && end === undefined,
    );
    return living.length === 0 ? undefined : random.pick(living);
  }
}
