import type { Node } from "./node.ts";

/** Agents that left a host and whose last frames may still be on their way from it. */
const DEPARTURES_KEPT = 10_000;

/** Who lives on which host: what makes a port an identity. */
export class Residences {
  readonly #residents = new Map<string, Set<Node>>();
  readonly #departed = new Map<string, Set<string>>();

  /** Hosts that were caught lying: nothing more of what they said is believed. */
  readonly #distrusted = new Set<string>();

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
    const gone = setOf(this.#departed, host);
    gone.add(key(node.path, node.incarnation));
    if (gone.size > DEPARTURES_KEPT) gone.delete(gone.values().next().value as string);
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
