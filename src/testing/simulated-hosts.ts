import { checkModel, importMachine } from "../agents/module-import.ts";
import type { Place, PlaceListener } from "../hosts/host.ts";
import type { Hosts, HostsOptions } from "../hosts/hosts.ts";
import { Placement } from "../hosts/placement.ts";
import type { HostKind } from "../wire/control.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";
import { SimulatedHost, type SimulatedHostOptions } from "./simulated-host.ts";
import type { SimulatedClock, SimulatedTime } from "./simulated-time.ts";

/** Milliseconds after which a host that does not end is stuck, as for threads. */
const KILL_MS = 2_000;

/** Modules stay imported: only the first simulation waits for them. */
const imported = new Map<string, Promise<unknown>>();

/** The hosts of one kind: those of many agents, and those of one each. */
type KindOfHosts = Readonly<Record<"shared" | "thread" | "process", Placement>>;

/** Several hosts of each kind in the calling thread. */
export class SimulatedHosts implements ChoiceSource {
  readonly #time: SimulatedTime;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #living = new Set<SimulatedHost>();
  #opened = 0;

  readonly #modelCut: number;

  /** @param modelCut how often a model's stream is cut, per call */
  constructor(time: SimulatedTime, clock: SimulatedClock, random: Random, modelCut: number) {
    this.#modelCut = modelCut;
    this.#time = time;
    this.#clock = clock;
    this.#random = random;
  }

  /** Those that have not ended. */
  get all(): readonly SimulatedHost[] {
    return [...this.#living];
  }

  /** What a supervisor is given for its hosts. */
  readonly start = (options: HostsOptions): Hosts => {
    const kinds: Readonly<Record<HostKind, KindOfHosts>> = {
      house: this.#kind("house", options),
      guest: this.#kind("guest", options),
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
        all.flatMap(({ places }) =>
          places.map(({ id, kind, state, load }) => ({ id, kind, state, agents: load })),
        ),
      faults: () => [],
      stop: async () => {
        await Promise.all(all.map((placement) => placement.stop()));
      },
    };
  };

  offer(to: Choice[]): void {
    for (const host of this.#living) host.offer(to);
  }

  #kind(kind: HostKind, options: HostsOptions): KindOfHosts {
    const { threads, words, events } = options;
    const limit = Math.max(1, threads);
    const open = (isolation: Place["isolation"]) => (told: PlaceListener) =>
      this.#open({ kind, isolation, words: words[kind], events: told });
    const placement = (most: number, isolation?: Place["isolation"]): Placement =>
      new Placement({ limit: most, clock: this.#clock, events, open: open(isolation) });
    return {
      shared: placement(limit),
      thread: placement(Number.POSITIVE_INFINITY, "thread"),
      process: placement(Number.POSITIVE_INFINITY, "process"),
    };
  }

  #open(options: Pick<SimulatedHostOptions, "kind" | "isolation" | "words" | "events">): Place {
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
