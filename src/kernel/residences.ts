import type { Node } from "./node.ts";

/** Agents that left a host and whose last frames may still be on their way from it. */
const DEPARTURES_KEPT = 10_000;

/** Hosts that one run's agents have left: those that it left first have ended long ago. */
const HOSTS_KEPT = 4_096;

/** Who of one run lives on which host: what makes a port an identity. */
export class Residences {
  /** Of all runs: nobody's own, but to be asked of a host. */
  readonly #residents: Map<string, Set<Node>>;
  // Made when they are needed.
  #departed: Map<string, Departures> | undefined;
  /** Hosts that were caught lying: nothing more of what they said is believed. */
  #distrusted: Set<string> | undefined;
  /** Hosts that were ended because somebody there did not end. */
  #forced: Set<string> | undefined;

  constructor(residents: Map<string, Set<Node>>) {
    this.#residents = residents;
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const departed = [...(this.#departed ?? [])].map(([host, gone]) => [host, gone.saved]);
    return { departed, distrusted: this.#distrusted, forced: this.#forced };
  }

  force(host: string): void {
    this.#forced ??= new Set();
    this.#forced.add(host);
  }

  isForced(host: string): boolean {
    return this.#forced?.has(host) ?? false;
  }

  distrust(host: string): void {
    this.#distrusted ??= new Set();
    this.#distrusted.add(host);
  }

  isDistrusted(host: string): boolean {
    return this.#distrusted?.has(host) ?? false;
  }

  settle(node: Node, host: string): void {
    node.host = host;
    setOf(this.#residents, host).add(node);
  }

  leave(node: Node): void {
    const host = node.host;
    if (host === undefined) return;
    this.#forget(node, host);
    node.host = undefined;
    this.#depart(host, key(node.path, node.incarnation));
  }

  of(host: string): readonly Node[] {
    return [...(this.#residents.get(host) ?? [])];
  }

  /** True for an agent that lived on the host a moment ago: its late frames are no forgery. */
  departed(host: string, path: string, incarnation: number): boolean {
    return this.#departed?.get(host)?.has(key(path, incarnation)) ?? false;
  }

  /** Whether anybody has left it. */
  hasLeft(host: string): boolean {
    return this.#departed?.has(host) ?? false;
  }

  /** They have lost the host that they lived on. */
  lose(host: string, residents: Iterable<Node>): void {
    for (const node of residents) {
      this.#forget(node, host);
      node.host = undefined;
      node.lostHost = host;
    }
    this.#departed?.delete(host);
    this.#distrusted?.delete(host);
    this.#forced?.delete(host);
  }

  /** Takes over who has left, from a run that is over. */
  inherit(other: Residences): void {
    for (const [host, gone] of other.#departed ?? []) {
      for (const key of gone.all) this.#depart(host, key);
    }
    other.#departed = undefined;
    other.#distrusted = undefined;
    other.#forced = undefined;
  }

  #depart(host: string, key: string): void {
    this.#departed ??= new Map();
    const gone = this.#departed.get(host) ?? new Departures();
    // The one that was left last is the last to be forgotten.
    this.#departed.delete(host);
    this.#departed.set(host, gone);
    gone.add(key);
    if (this.#departed.size <= HOSTS_KEPT) return;
    for (const oldest of this.#departed.keys()) return void this.#departed.delete(oldest);
  }

  #forget(node: Node, host: string): void {
    const residents = this.#residents.get(host);
    if (residents?.delete(node) && residents.size === 0) this.#residents.delete(host);
  }
}

/** The newest of those that left a host; a set alone would search long for its oldest member. */
class Departures {
  readonly #keys = new Set<string>();
  readonly #ring: string[] = [];
  #next = 0;

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    return { ring: this.#ring, next: this.#next };
  }

  get all(): Iterable<string> {
    return this.#keys;
  }

  add(key: string): void {
    if (this.#keys.has(key)) return;
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(key);
    this.#ring[this.#next] = key;
    this.#next = (this.#next + 1) % DEPARTURES_KEPT;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }
}

function key(path: string, incarnation: number): string {
  return `${path}#${incarnation}`;
}

function setOf<T>(sets: Map<string, Set<T>>, name: string): Set<T> {
  const set = sets.get(name) ?? new Set<T>();
  sets.set(name, set);
  return set;
}
