import type { Node } from "./node.ts";

/** Agents that left a host and whose last frames may still be on their way from it. */
const DEPARTURES_KEPT = 10_000;

/** Who lives on which host: what makes a port an identity. */
export class Residences {
  readonly #residents = new Map<string, Set<Node>>();
  readonly #departed = new Map<string, Departures>();

  /** Hosts that were caught lying: nothing more of what they said is believed. */
  readonly #distrusted = new Set<string>();

  /** Hosts that were ended because somebody there did not end. */
  readonly #forced = new Set<string>();

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const departed = [...this.#departed].map(([host, gone]) => [host, gone.saved]);
    const [residents, distrusted] = [this.#residents, this.#distrusted];
    return { residents, departed, distrusted, forced: this.#forced };
  }

  force(host: string): void {
    this.#forced.add(host);
  }

  isForced(host: string): boolean {
    return this.#forced.has(host);
  }

  distrust(host: string): void {
    this.#distrusted.add(host);
  }

  isDistrusted(host: string): boolean {
    return this.#distrusted.has(host);
  }

  settle(node: Node, host: string): void {
    node.host = host;
    setOf(this.#residents, host).add(node);
  }

  leave(node: Node): void {
    const host = node.host;
    if (host === undefined) return;
    this.#residents.get(host)?.delete(node);
    node.host = undefined;
    const gone = this.#departed.get(host) ?? new Departures();
    this.#departed.set(host, gone);
    gone.add(key(node.path, node.incarnation));
  }

  of(host: string): readonly Node[] {
    return [...(this.#residents.get(host) ?? [])];
  }

  count(host: string): number {
    return this.#residents.get(host)?.size ?? 0;
  }

  /** True for an agent that lived on the host a moment ago: its late frames are no forgery. */
  departed(host: string, path: string, incarnation: number): boolean {
    return this.#departed.get(host)?.has(key(path, incarnation)) ?? false;
  }

  forgetHost(host: string): void {
    this.#residents.delete(host);
    this.#departed.delete(host);
    this.#distrusted.delete(host);
    this.#forced.delete(host);
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
