import { checkModel, importMachine } from "../agents/module-import.ts";
import {
  type DedicatedHost,
  type HostHandle,
  type HostHandleListener,
  rowOf,
  type WarmableHost,
} from "../hosts/host.ts";
import { HostPool, type HostPoolOptions } from "../hosts/host-pool.ts";
import type { Hosts, HostsOptions } from "../hosts/hosts.ts";
import { WarmHosts } from "../hosts/warm-hosts.ts";
import type { HostKind } from "../wire/control.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";
import { SimulatedHost } from "./simulated-host.ts";
import type { SimulatedClock, SimulatedTime } from "./simulated-time.ts";

/** Milliseconds after which a host that does not end is stuck, as for threads. */
const KILL_MS = 2_000;

/** Modules imported by any simulation so far; only the first one waits for an import. */
const imported = new Map<string, Promise<unknown>>();

/** The host pools of one kind: one shared by many agents, and two of dedicated hosts. */
type KindOfHosts = Readonly<Record<"shared" | "thread" | "process", HostPool>>;

interface Opening {
  readonly kind: HostKind;
  readonly isolation?: HostHandle["isolation"];
  readonly options: HostsOptions;
  readonly events: HostHandleListener;
}

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
    const warm: WarmHosts = new WarmHosts({
      clock: this.#clock,
      open: ({ kind, isolation }, events) =>
        this.#open({ kind, isolation: isolation.level, options, events }),
      isBusy: () => all.some(({ handles }) => handles.some(({ state }) => state === "starting")),
    });
    const kinds: Readonly<Record<HostKind, KindOfHosts>> = {
      library: this.#kind("library", options, warm),
      "user-code": this.#kind("user-code", options, warm),
    };
    const all = Object.values(kinds).flatMap((kind) => Object.values(kind));
    return {
      pick: (kind, isolation) => {
        const { shared } = kinds[kind];
        if (isolation === undefined) return shared.pick();
        return kinds[kind][isolation.level].alone(isolation);
      },
      keepWarm: (wanted, most) => warm.keep(wanted, most),
      verify: async (modules) => {
        for (const { url, kind } of modules) {
          await (kind === "machine" ? importMachine : checkModel)(url, importOnce);
        }
      },
      list: () => [...all.flatMap(({ handles }) => handles.map(rowOf)), ...warm.rows],
      faults: () => [],
      stop: async () => {
        await Promise.all([...all.map((hostPool) => hostPool.stop()), warm.stop()]);
      },
    };
  };

  offer(to: Choice[]): void {
    for (const host of this.#living) host.offer(to);
  }

  #kind(kind: HostKind, options: HostsOptions, warm: WarmHosts): KindOfHosts {
    const limit = Math.max(1, options.threads);
    const hostPool = (most: number, open: HostPoolOptions["open"]): HostPool =>
      new HostPool({ limit: most, clock: this.#clock, events: options.events, open });
    const alone = (level: DedicatedHost["level"]): HostPool =>
      hostPool(Number.POSITIVE_INFINITY, (events, bounds) => {
        const taken = warm.take({ kind, isolation: { ...bounds, level } }, events);
        return taken ?? this.#open({ kind, isolation: level, options, events });
      });
    return {
      shared: hostPool(limit, (events) => this.#open({ kind, options, events })),
      thread: alone("thread"),
      process: alone("process"),
    };
  }

  #open({ kind, isolation, options, events }: Opening): WarmableHost {
    this.#opened += 1;
    const host: SimulatedHost = new SimulatedHost({
      kind,
      isolation,
      events,
      cancelFlags: options.cancelFlags[kind],
      id: `${kind}-${this.#opened}`,
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
