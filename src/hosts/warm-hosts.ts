import { type Clock, letProcessEnd } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import { createBackOff } from "./back-off.ts";
import {
  type DedicatedHost,
  type Host,
  type HostHandle,
  type HostHandleEvent,
  type HostHandleListener,
  type HostRow,
  rowOf,
  type WarmableHost,
} from "./host.ts";

/** A kind of isolated agents: a host that fits one of them fits all. */
export interface WarmKind {
  readonly kind: HostKind;
  readonly isolation: DedicatedHost;
}

export interface WarmHostsOptions {
  readonly clock: Clock;
  /** Opens a host that is not launched. */
  readonly open: (wanted: WarmKind, events: HostHandleListener) => WarmableHost;
  /** Returns true while hosts of agents are starting: they come first. */
  readonly isBusy: () => boolean;
}

/** Most kinds that are kept warm; a template of yet another one starts cold. */
const MAX_KINDS = 8;
/** Milliseconds from the use of a warm host to the start of the next: an agent begins meanwhile. */
const REFILL_MS = 50;

interface Shelf {
  readonly wanted: WarmKind;
  readonly hosts: Set<WaitingHost>;
}

/**
 * The hosts that wait for isolated agents. Each has loaded what every host needs and nothing of any
 * agent; it is for one agent, and ends with that.
 *
 * **Guarantees** One is warmed up at a time, none while a host of an agent is starting, and later
 * and later when they die. A host that dies here is replaced, and nobody hears of it.
 */
export class WarmHosts {
  readonly #options: WarmHostsOptions;
  readonly #shelves = new Map<string, Shelf>();
  readonly #backOff = createBackOff();
  /** Hosts to keep on each shelf. */
  #most = 0;
  #isWarmingUp = false;
  #isStopped = false;
  #refilling: unknown;

  constructor(options: WarmHostsOptions) {
    this.#options = options;
  }

  get rows(): readonly HostRow[] {
    return this.#all.map(({ row }) => row);
  }

  /** Keeps so many hosts of each kind from now on, of the first eight kinds. */
  keep(wanted: readonly WarmKind[], most: number): void {
    this.#most = most;
    for (const each of wanted) {
      const key = keyOf(each);
      if (this.#shelves.has(key) || this.#shelves.size >= MAX_KINDS) continue;
      this.#shelves.set(key, { wanted: each, hosts: new Set() });
    }
    this.#warmUp();
  }

  /** Takes the host that is most ready out, to be launched; undefined when there is none. */
  take(wanted: WarmKind, events: HostHandleListener): HostHandle | undefined {
    const hosts = this.#shelves.get(keyOf(wanted))?.hosts ?? new Set();
    const living = [...hosts].filter(({ host }) => host.living);
    const chosen = living.find(({ isWarm }) => isWarm) ?? living[0];
    if (chosen === undefined) return undefined;
    hosts.delete(chosen);
    chosen.taker = events;
    if (chosen.isWarm) this.#backOff.started();
    this.#refill();
    return chosen.host;
  }

  /** Ends all hosts that wait. Resolves when each has exited or is stuck. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#options.clock.clearTimeout(this.#refilling);
    const hosts = this.#all.map(({ host }) => host);
    for (const host of hosts) host.terminate("the supervisor stopped");
    await Promise.all(hosts.map(({ ended }) => ended));
  }

  get #all(): WaitingHost[] {
    return [...this.#shelves.values()].flatMap(({ hosts }) => [...hosts]);
  }

  /** Starts the next host a little later. */
  #refill(): void {
    if (this.#isStopped || this.#refilling !== undefined || this.#emptiest() === undefined) return;
    const { clock } = this.#options;
    const delayMs = Math.max(REFILL_MS, this.#backOff.delayMs());
    this.#refilling = clock.setTimeout(() => {
      this.#refilling = undefined;
      if (this.#options.isBusy()) this.#refill();
      else this.#warmUp();
    }, delayMs);
    letProcessEnd(this.#refilling);
  }

  /** Starts one host, if one is missing and none is on its way. */
  #warmUp(): void {
    const shelf = this.#emptiest();
    if (this.#isStopped || this.#isWarmingUp || shelf === undefined) return;
    const { clock, open } = this.#options;
    const since = clock.now();
    const waiting = new WaitingHost(
      (events) => open(shelf.wanted, events),
      (reason) => {
        shelf.hosts.delete(waiting);
        if (waiting.isWarm) this.#backOff.died(clock.now() - since);
        else this.#backOff.failed(reason);
        this.#refill();
      },
    );
    shelf.hosts.add(waiting);
    this.#isWarmingUp = true;
    const over = (isWarm: boolean): void => {
      this.#isWarmingUp = false;
      waiting.isWarm = isWarm;
      this.#refill();
    };
    waiting.host.warmUp().then(
      () => over(true),
      // Its loss, which has the reason, is heard.
      () => over(false),
    );
  }

  /** Returns the shelf that has the fewest hosts of those that are not full. */
  #emptiest(): Shelf | undefined {
    return [...this.#shelves.values()]
      .filter(({ hosts }) => hosts.size < this.#most)
      .toSorted((one, other) => one.hosts.size - other.hosts.size)[0];
  }
}

/** A host that nobody uses yet. Its events go to whoever takes it. */
class WaitingHost implements HostHandleListener {
  readonly host: WarmableHost;
  readonly #onLost: (reason: string) => void;
  isWarm = false;
  taker: HostHandleListener | undefined;

  constructor(
    open: (events: HostHandleListener) => WarmableHost,
    onLost: (reason: string) => void,
  ) {
    this.#onLost = onLost;
    this.host = open(this);
  }

  get row(): HostRow {
    const row = rowOf(this.host);
    return this.isWarm && row.state === "starting" ? { ...row, state: "warm" } : row;
  }

  hear(host: Host, event: HostHandleEvent): void {
    if (this.taker !== undefined) this.taker.hear(host, event);
    else if (event.type === "lost") this.#onLost(event.reason);
  }

  whoIs(host: Host, number: number): ReturnType<HostHandleListener["whoIs"]> {
    return this.taker?.whoIs(host, number);
  }
}

/** Two agents with the same key can be given the same host: its limits are set at its start. */
function keyOf({ kind, isolation }: WarmKind): string {
  const { level, memoryMb, cpuSeconds, openFiles } = isolation;
  return JSON.stringify([kind, level, memoryMb, cpuSeconds, openFiles]);
}
