import { checkModel, importMachine } from "../agents/module-import.ts";
import type { HostHandle, HostHandleListener } from "../hosts/host.ts";
import { HostPool } from "../hosts/host-pool.ts";
import type { Hosts, HostsOptions } from "../hosts/hosts.ts";
import type { HostKind } from "../wire/control.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";
import { SimulatedHost, type SimulatedHostOptions } from "./simulated-host.ts";
import type { SimulatedClock, SimulatedTime } from "./simulated-time.ts";

/** Milliseconds after which a host that does not end is stuck, as for threads. */
const KILL_MS = 2_000;

/** Modules imported by any simulation so far; only the first one waits for an import. */
const imported = new Map<string, Promise<unknown>>();

/** The host pools of one kind: one shared by many agents, and two of dedicated hosts. */
type KindOfHosts = Readonly<Record<"shared" | "thread" | "process", HostPool>>;

/** The hosts of a simulation, several of each kind, in the calling thread. */
export class SimulatedHosts implements ChoiceSource {
  readonly #time: SimulatedTime;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #living = new Set<SimulatedHost>();
  #opened = 0;

  readonly #modelCut: number;

  /** @param modelCut the rate at which a model's stream is cut, per call */
  constructor(time: SimulatedTime, clock: SimulatedClock, random: Random, modelCut: number) {
    this.#modelCut = modelCut;
    this.#time = time;
    this.#clock = clock;
    this.#random = random;
  }

  /** Returns the hosts that have not ended. */
  get all(): readonly SimulatedHost[] {
    return [...this.#living];
  }

  /** Starts the hosts of a supervisor. */
  readonly start = (options: HostsOptions): Hosts => {
    const kinds: Readonly<Record<HostKind, KindOfHosts>> = {
      library: this.#kind("library", options),
      "user-code": this.#kind("user-code", options),
    };
    const all = Object.values(kinds).flatMap((kind) => Object.values(kind));
    return {
      pick: (kind, isolation) => {
        const { shared } = kinds[kind];
        if (isolation === undefined) return shared.pick();
        return kinds[kind][isolation.level].alone(isolation);
      },
      verify: async (modules) => {
        for (const { url, kind } of modules) {
          await (kind === "machine" ? importMachine : checkModel)(url, importOnce);
        }
      },
      list: () =>
        all.flatMap(({ handles }) =>
          handles.map(({ id, kind, state, load }) => ({ id, kind, state, agents: load })),
        ),
      faults: () => [],
      stop: async () => {
        await Promise.all(all.map((hostPool) => hostPool.stop()));
      },
    };
  };

  offer(to: Choice[]): void {
    for (const host of this.#living) host.offer(to);
  }

  #kind(kind: HostKind, options: HostsOptions): KindOfHosts {
    const { threads, cancelFlags, events } = options;
    const limit = Math.max(1, threads);
    const open = (isolation: HostHandle["isolation"]) => (listener: HostHandleListener) =>
      this.#open({ kind, isolation, cancelFlags: cancelFlags[kind], events: listener });
    const hostPool = (most: number, isolation?: HostHandle["isolation"]): HostPool =>
      new HostPool({ limit: most, clock: this.#clock, events, open: open(isolation) });
    return {
      shared: hostPool(limit),
      thread: hostPool(Number.POSITIVE_INFINITY, "thread"),
      process: hostPool(Number.POSITIVE_INFINITY, "process"),
    };
  }

  #open(
    options: Pick<SimulatedHostOptions, "kind" | "isolation" | "cancelFlags" | "events">,
  ): HostHandle {
    this.#opened += 1;
    const host: SimulatedHost = new SimulatedHost({
      ...options,
      id: `${options.kind}-${this.#opened}`,
      time: this.#time,
      clock: this.#clock,
      killMs: KILL_MS,
      modelCut: this.#modelCut,
      random: this.#random,
      importModule: importOnce,
      onGone: () => this.#living.delete(host),
    });
    this.#living.add(host);
    return host;
  }
}

function importOnce(url: string): Promise<unknown> {
  const known = imported.get(url) ?? import(url);
  imported.set(url, known);
  return known;
}
