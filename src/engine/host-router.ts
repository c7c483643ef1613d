import type { DedicatedHost, Host, HostKind } from "../hosts/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Releases } from "../journal/releases.ts";
import type { Running } from "../kernel/blame.ts";
import { tightest } from "../kernel/limits.ts";
import type { Node } from "../kernel/node.ts";
import type { DeliveryBody, HostItem, Template } from "../wire/delivery.ts";
import { AbsentHost } from "./absent-host.ts";
import type { AgentRecord } from "./agent-record.ts";
import { CancelFlags } from "./cancel-flags.ts";
import { type OnUnsent, Outbox } from "./outbox.ts";
import type { Outside } from "./outside.ts";

/** The largest agent number that fits in a running cell. */
const MAX_NUMBERS = 2 ** 31 - 1;

/** The options of a {@link HostRouter}. */
export interface HostRouterOptions {
  /** The agents on each host. */
  readonly agentsByHost: ReadonlyMap<string, ReadonlySet<Node>>;
  /** Returns the time of the current step. */
  readonly now: () => number;
  readonly outside: Outside;
  readonly releases: Releases;
  readonly onUnsent: OnUnsent;
}

/** Places agents on hosts, and posts deliveries to the hosts of their agents. */
export class HostRouter {
  readonly cancelFlags = new CancelFlags();
  readonly #outbox: Outbox;
  readonly #hosts = new Map<string, Host>();
  /** The dedicated hosts, by the path of their one agent. */
  readonly #alone = new Map<string, Host>();
  readonly #agentsByHost: HostRouterOptions["agentsByHost"];
  readonly #now: () => number;
  readonly #outside: Outside;
  readonly #releases: Releases;
  /** Hosts that sent a forged frame or something that is no frame. */
  readonly #distrusted = new Set<string>();
  /** The agents that ran when {@link force} was called, by host. */
  readonly #forced = new Map<string, readonly Running[]>();
  #lastNumber = 0;
  /** Set once the hosts have been started. */
  hosts: Hosts | undefined;

  constructor({ agentsByHost, now, outside, releases, onUnsent }: HostRouterOptions) {
    this.#agentsByHost = agentsByHost;
    this.#now = now;
    this.#outside = outside;
    this.#releases = releases;
    this.#outbox = new Outbox(onUnsent);
  }

  /** The state that a snapshot keeps and that a replay must reproduce. */
  get saved(): object {
    const [alone, hosts] = [this.#alone, this.#hosts].map((of) =>
      [...of].map(([at, { id }]) => [at, id]),
    );
    return { alone, hosts, lastNumber: this.#lastNumber, cancelFlags: this.cancelFlags };
  }

  host(id: string | undefined): Host | undefined {
    return id === undefined ? undefined : this.#hosts.get(id);
  }

  /** Returns the best host for one more agent or job of this kind. */
  pick(kind: HostKind, isolation?: DedicatedHost): Host {
    const id = this.#outside.look("place", () => this.#choose(kind, isolation));
    const host = this.#hosts.get(id) ?? new AbsentHost(id, kind, isolation?.level);
    this.#hosts.set(id, host);
    return host;
  }

  #choose(kind: HostKind, isolation?: DedicatedHost): string {
    for (const host of this.#hosts.values()) {
      if (host.isolation === undefined) host.load = this.count(host.id);
    }
    const host = (this.hosts as Hosts).pick(kind, isolation);
    this.#hosts.set(host.id, host);
    return host.id;
  }

  /** Returns the number of agents on a host. */
  count(host: string): number {
    return this.#agentsByHost.get(host)?.size ?? 0;
  }

  /** Ignores everything that the host sends from now on. */
  distrust(host: string): void {
    this.#distrusted.add(host);
  }

  isDistrusted(host: string): boolean {
    return this.#distrusted.has(host);
  }

  /** Records the agents that run on a host where an agent has outlived its grace. */
  force(host: string, running: readonly Running[]): void {
    this.#forced.set(host, running);
  }

  /** Returns the agents that {@link force} recorded for a host; undefined without such a call. */
  forcedAt(host: string): readonly Running[] | undefined {
    return this.#forced.get(host);
  }

  /** False while the host waits to be launched, so that nothing runs on it yet. */
  isLaunched(id: string | undefined): boolean {
    return this.#outside.look("launched", () => this.host(id)?.launched !== false);
  }

  /** Terminates a host once the step is over. */
  terminate(id: string, reason: string): void {
    const host = this.host(id);
    if (host !== undefined) this.#releases.add(() => host.terminate(reason));
  }

  /** Places an agent on a host, new or with the state of its last committed frame. */
  place(node: Node, record: AgentRecord, alone: boolean): Host {
    const { resolved, cancelFlag, template: shown } = record;
    this.leave(node);
    const host = this.pick(
      resolved.kind,
      resolved.isolation ?? (alone ? { level: "thread" } : undefined),
    );
    if (host.isolation !== undefined) {
      host.soleAgent = { path: node.path, incarnation: node.incarnation };
      this.#alone.set(node.path, host);
    }
    this.#lastNumber = (this.#lastNumber % MAX_NUMBERS) + 1;
    record.number = this.#lastNumber;
    const { path, incarnation, name, childSpec, state, transcript, mailbox } = node;
    const passedMs = this.#now() - node.timersAt;
    const timers = node.timers?.map((timer) => {
      return { ...timer, dueMs: Math.max(0, timer.dueMs - passedMs) };
    });
    const item = {
      type: "place",
      path,
      incarnation,
      name,
      cancelFlag: cancelFlag as number,
      number: record.number,
      input: childSpec.input,
      template: shown.id,
      limits: { repeats: tightest(node, "repeats"), errors: tightest(node, "errors") },
      ...(childSpec.lifetime === "session" ? { lifetime: childSpec.lifetime } : {}),
      upTo: mailbox.covered,
      ...(state === undefined ? {} : { state, asks: node.asks }),
      ...(timers === undefined ? {} : { timers }),
      ...(transcript.length === 0 ? {} : { transcript }),
    } as const;
    this.post(host, item, shown);
    return host;
  }

  /** Terminates the dedicated host of an agent that does not live on it any more. */
  leave({ path, host }: Node): void {
    const alone = this.#alone.get(path);
    if (alone === undefined || alone.id === host) return;
    this.#alone.delete(path);
    this.#releases.add(() => {
      if (!alone.living) return;
      alone.soleAgent = undefined;
      alone.terminate("its agent has left it");
    });
  }

  /** Posts a delivery to the agent's host. */
  deliver({ path, incarnation, host }: Node, n: number, body: DeliveryBody): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "deliver", path, incarnation, n, body });
  }

  /** Makes the agent's host forget an ask. */
  endAsk({ path, incarnation, host }: Node, askId: string): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "ask-over", path, incarnation, askId });
  }

  /** Makes a host forget an incarnation of the agent. */
  drop({ path }: Node, incarnation: number, host: string): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "drop", path, incarnation });
  }

  post(host: Host, item: HostItem, template?: Template): void {
    this.#outbox.add(host, item, template);
  }

  /** Makes every host report what its actors do from now on. */
  inspect(): void {
    this.#outbox.inspected = new Set();
  }

  /** Sends everything now, instead of at the end of the tick. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Sends the messages that are full, between two steps. */
  flushFull(): void {
    this.#outbox.flushFull();
  }

  /** Forgets a host; returns false when it was forgotten before. */
  forget(id: string): boolean {
    this.#outbox.forgetHost(id);
    this.#distrusted.delete(id);
    this.#forced.delete(id);
    return this.#hosts.delete(id);
  }
}
