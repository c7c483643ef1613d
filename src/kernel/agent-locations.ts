import type { Node } from "./node.ts";

/** Former agents kept for one host; their last frames may still arrive from it. */
const MAX_FORMER_AGENTS = 10_000;

/** Hosts whose former agents one run keeps; a host left longer ago than these has long ended. */
const MAX_KEPT_HOSTS = 4_096;

/** The hosts of one run's agents. A frame is believed only if its agent lives on its host. */
export class AgentLocations {
  /** The agents on each host, of all runs; the map is shared. */
  readonly #agentsByHost: Map<string, Set<Node>>;
  // Allocated on first use.
  #formerByHost: Map<string, FormerAgents> | undefined;
  /** Hosts that sent a forged frame; every later frame of them is ignored. */
  #distrusted: Set<string> | undefined;
  /** Hosts that were ended because an agent on them outlived its grace. */
  #forced: Set<string> | undefined;

  constructor(agentsByHost: Map<string, Set<Node>>) {
    this.#agentsByHost = agentsByHost;
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const former = [...(this.#formerByHost ?? [])].map(([host, gone]) => [host, gone.saved]);
    return { former, distrusted: this.#distrusted, forced: this.#forced };
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

  /** Records that the agent lives on the host. */
  settle(node: Node, host: string): void {
    node.host = host;
    setOf(this.#agentsByHost, host).add(node);
  }

  /** Records that the agent has left its host. */
  leave(node: Node): void {
    const host = node.host;
    if (host === undefined) return;
    this.#forget(node, host);
    node.host = undefined;
    this.#noteLeft(host, key(node.path, node.incarnation));
  }

  /** Returns the agents on a host, of all runs. */
  of(host: string): readonly Node[] {
    return [...(this.#agentsByHost.get(host) ?? [])];
  }

  /** True when the agent has left the host recently; its late frames are no forgeries. */
  isFormer(host: string, path: string, incarnation: number): boolean {
    return this.#formerByHost?.get(host)?.has(key(path, incarnation)) ?? false;
  }

  /** True when an agent of this run has left the host. */
  hasLeft(host: string): boolean {
    return this.#formerByHost?.has(host) ?? false;
  }

  /** Removes the agents from a lost host, and forgets what was kept about that host. */
  lose(host: string, agents: Iterable<Node>): void {
    for (const node of agents) {
      this.#forget(node, host);
      node.host = undefined;
      node.lostHost = host;
    }
    this.#formerByHost?.delete(host);
    this.#distrusted?.delete(host);
    this.#forced?.delete(host);
  }

  /** Takes over the former agents of a run that has ended. */
  inherit(other: AgentLocations): void {
    for (const [host, gone] of other.#formerByHost ?? []) {
      for (const key of gone.all) this.#noteLeft(host, key);
    }
    other.#formerByHost = undefined;
    other.#distrusted = undefined;
    other.#forced = undefined;
  }

  #noteLeft(host: string, key: string): void {
    this.#formerByHost ??= new Map();
    const gone = this.#formerByHost.get(host) ?? new FormerAgents();
    // The host left last moves to the end, and so is forgotten last.
    this.#formerByHost.delete(host);
    this.#formerByHost.set(host, gone);
    gone.add(key);
    if (this.#formerByHost.size <= MAX_KEPT_HOSTS) return;
    for (const oldest of this.#formerByHost.keys()) return void this.#formerByHost.delete(oldest);
  }

  #forget(node: Node, host: string): void {
    const agents = this.#agentsByHost.get(host);
    if (agents?.delete(node) && agents.size === 0) this.#agentsByHost.delete(host);
  }
}

/** The newest agents that have left one host; the ring gives the oldest faster than a set would. */
class FormerAgents {
  readonly #keys = new Set<string>();
  readonly #ring: string[] = [];
  #next = 0;

  /** The state that a snapshot keeps and that a replay must reproduce. */
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
    this.#next = (this.#next + 1) % MAX_FORMER_AGENTS;
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
