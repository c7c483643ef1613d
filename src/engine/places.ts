import type { Host, HostKind, PlacedAlone } from "../hosts/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Releases } from "../journal/releases.ts";
import type { Running } from "../kernel/blame.ts";
import { tightest } from "../kernel/limits.ts";
import type { Node } from "../kernel/node.ts";
import type { DeliveryBody, HostItem, Template } from "../wire/delivery.ts";
import { AbsentHost } from "./absent-host.ts";
import type { AgentRecord } from "./agent-record.ts";
import { CancelWords } from "./cancel-words.ts";
import { type OnUnsent, Outbox } from "./outbox.ts";
import type { Outside } from "./outside.ts";

/** What fits in the words of a running cell. */
const MOST_NUMBERS = 2 ** 31 - 1;

export interface PlacesOptions {
  /** Who lives on which host. */
  readonly residents: ReadonlyMap<string, ReadonlySet<Node>>;
  /** The time of the step under way. */
  readonly now: () => number;
  readonly outside: Outside;
  readonly releases: Releases;
  readonly onUnsent: OnUnsent;
}

/** Where agents live, seen from the supervisor: who is posted what, on which host. */
export class Places {
  readonly words = new CancelWords();
  readonly #outbox: Outbox;
  readonly #hosts = new Map<string, Host>();
  /** The hosts of one agent each, by its path. */
  readonly #alone = new Map<string, Host>();
  readonly #residents: PlacesOptions["residents"];
  readonly #now: () => number;
  readonly #outside: Outside;
  readonly #releases: Releases;
  /** Hosts that were caught lying. */
  readonly #distrusted = new Set<string>();
  readonly #forced = new Map<string, readonly Running[]>();
  #lastNumber = 0;
  /** Given once the hosts have been started. */
  hosts: Hosts | undefined;

  constructor({ residents, now, outside, releases, onUnsent }: PlacesOptions) {
    this.#residents = residents;
    this.#now = now;
    this.#outside = outside;
    this.#releases = releases;
    this.#outbox = new Outbox(onUnsent);
  }

  /** What stands in it: what a snapshot keeps, and what a replay has to come to. */
  get saved(): object {
    const [alone, hosts] = [this.#alone, this.#hosts].map((of) =>
      [...of].map(([at, { id }]) => [at, id]),
    );
    return { alone, hosts, lastNumber: this.#lastNumber, words: this.words };
  }

  host(id: string | undefined): Host | undefined {
    return id === undefined ? undefined : this.#hosts.get(id);
  }

  /** The best place for one more agent or job of this kind. */
  pick(kind: HostKind, isolation?: PlacedAlone): Host {
    const id = this.#outside.look("place", () => this.#choose(kind, isolation));
    const host = this.#hosts.get(id) ?? new AbsentHost(id, kind, isolation?.level);
    this.#hosts.set(id, host);
    return host;
  }

  #choose(kind: HostKind, isolation?: PlacedAlone): string {
    for (const host of this.#hosts.values()) {
      if (host.isolation === undefined) host.load = this.count(host.id);
    }
    const host = (this.hosts as Hosts).pick(kind, isolation);
    this.#hosts.set(host.id, host);
    return host.id;
  }

  /** How many agents live there. */
  count(host: string): number {
    return this.#residents.get(host)?.size ?? 0;
  }

  /** Nothing that it says is believed any more. */
  distrust(host: string): void {
    this.#distrusted.add(host);
  }

  isDistrusted(host: string): boolean {
    return this.#distrusted.has(host);
  }

  /** Somebody there has outlived the order to end; these ran there. */
  force(host: string, running: readonly Running[]): void {
    this.#forced.set(host, running);
  }

  /** Who ran there when somebody had outlived the order to end; undefined where nobody had. */
  forcedAt(host: string): readonly Running[] | undefined {
    return this.#forced.get(host);
  }

  /** Whether anything runs there by now. */
  isLaunched(id: string | undefined): boolean {
    return this.#outside.look("launched", () => this.host(id)?.launched !== false);
  }

  /** Ends a host, once the step is over. */
  condemn(id: string, reason: string): void {
    const host = this.host(id);
    if (host !== undefined) this.#releases.add(() => host.condemn(reason));
  }

  /** Gives an agent to a host, new or with the state of its last committed frame. */
  place(node: Node, record: AgentRecord, alone: boolean): Host {
    const { plan, word, template: shown } = record;
    this.leave(node);
    const host = this.pick(plan.kind, plan.isolation ?? (alone ? { level: "thread" } : undefined));
    if (host.isolation !== undefined) {
      host.resident = { path: node.path, incarnation: node.incarnation };
      this.#alone.set(node.path, host);
    }
    this.#lastNumber = (this.#lastNumber % MOST_NUMBERS) + 1;
    record.number = this.#lastNumber;
    const { path, incarnation, name, birth, state, transcript, mailbox } = node;
    const passedMs = this.#now() - node.timersAt;
    const timers = node.timers?.map((timer) => {
      return { ...timer, dueMs: Math.max(0, timer.dueMs - passedMs) };
    });
    const item = {
      type: "place",
      path,
      incarnation,
      name,
      word: word as number,
      number: record.number,
      input: birth.input,
      template: shown.id,
      limits: { repeats: tightest(node, "repeats"), errors: tightest(node, "errors") },
      ...(birth.lifetime === "session" ? { lifetime: birth.lifetime } : {}),
      upTo: mailbox.covered,
      ...(state === undefined ? {} : { state, asks: node.asks }),
      ...(timers === undefined ? {} : { timers }),
      ...(transcript.length === 0 ? {} : { transcript }),
    } as const;
    this.post(host, item, shown);
    return host;
  }

  /** Ends the host that is the agent's alone, once the agent is not there any more. */
  leave({ path, host }: Node): void {
    const alone = this.#alone.get(path);
    if (alone === undefined || alone.id === host) return;
    this.#alone.delete(path);
    this.#releases.add(() => {
      if (!alone.living) return;
      alone.resident = undefined;
      alone.condemn("its agent has left it");
    });
  }

  deliver({ path, incarnation, host }: Node, n: number, body: DeliveryBody): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "deliver", path, incarnation, n, body });
  }

  endAsk({ path, incarnation, host }: Node, askId: string): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "ask-over", path, incarnation, askId });
  }

  drop({ path }: Node, incarnation: number, host: string): void {
    const at = this.host(host);
    if (at !== undefined) this.post(at, { type: "drop", path, incarnation });
  }

  post(host: Host, item: HostItem, template?: Template): void {
    this.#outbox.add(host, item, template);
  }

  /** From now on, each host is told to say what its actors do. */
  inspect(): void {
    this.#outbox.inspected = new Set();
  }

  /** Sends everything that waits for the end of the tick. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Forgets a host; false when it was forgotten before. */
  forget(id: string): boolean {
    this.#outbox.forgetHost(id);
    this.#distrusted.delete(id);
    this.#forced.delete(id);
    return this.#hosts.delete(id);
  }
}
