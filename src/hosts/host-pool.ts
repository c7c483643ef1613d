import { type Blame, blameFor, type HostFault } from "../kernel/blame.ts";
import type { Clock } from "../wire/clock.ts";
import { createBackOff } from "./back-off.ts";
import type {
  Host,
  HostBounds,
  HostEvent,
  HostHandle,
  HostHandleEvent,
  HostHandleListener,
  HostListener,
} from "./host.ts";

export interface HostPoolOptions {
  /** Most hosts of this kind; a check of a module may need one more. */
  readonly limit: number;
  readonly clock: Clock;
  readonly events: HostListener;
  /** @param bounds limits of a host for one agent; undefined for a shared host */
  readonly open: (events: HostHandleListener, bounds?: HostBounds) => HostHandle;
}

/** Stuck threads at which no new one is launched until one of them exits. */
const MAX_STUCK = 8;
/** Returns the most threads that may not have ended yet, for a limit of hosts. */
export const threadsAtMost = (limit: number): number => 2 * limit + 8;
/** Milliseconds that hosts get to close what they run before they are terminated. */
const drainMs = 250;

/** The end of a host. */
type Ended = Extract<HostHandleEvent, { readonly type: "fenced" | "lost" }>;

/** The hosts of one kind. They are opened on demand and replaced when they die, up to a limit. */
export class HostPool {
  readonly #options: HostPoolOptions;
  readonly #events: HostHandleListener;
  readonly #handles = new Set<HostHandle>();
  readonly #launchedAt = new Map<Host, number>();
  /** Hosts that check a module at the moment; no agent is placed on them. */
  readonly #borrowed = new Set<HostHandle>();
  /** Hosts that the pool ended for no fault of the thread; they say nothing about the next one. */
  readonly #excused = new Set<Host>();
  /** Hosts that were ended in good health and without agents. */
  readonly #dismissed = new Set<Host>();
  /** Hosts that are opened, but launched only when a thread has exited. */
  readonly #deferred = new Set<HostHandle>();
  /** The blame that was reported for each host that did not start. */
  readonly #failed = new Map<Host, Blame>();
  readonly #backOff = createBackOff();
  /** A host without agents, opened to see whether hosts can be started again. */
  #probe: HostHandle | undefined;
  #stopping = false;

  constructor(options: HostPoolOptions) {
    this.#options = options;
    const { events } = options;
    this.#events = {
      hear: (host, event) => this.#hear(host, event),
      whoIs: (host, number) => events.whoIs(host, number),
    };
  }

  get handles(): readonly HostHandle[] {
    return [...this.#handles];
  }

  /** Reason for which hosts cannot be started at present, after three in a row that failed. */
  get fault(): string | undefined {
    return this.#backOff.fault;
  }

  pick(): HostHandle {
    const usable = this.#usable();
    const least = usable.reduce<HostHandle | undefined>(
      (best, handle) => (best === undefined || handle.load < best.load ? handle : best),
      undefined,
    );
    if (least === undefined) return this.#open();
    return least.load > 0 && usable.length < this.#options.limit ? this.#open() : least;
  }

  /** Returns a new host, for one agent and no other. */
  alone(bounds?: HostBounds): HostHandle {
    return this.#open(bounds);
  }

  /** Returns a host without agents, beyond the limit when there is no other. */
  borrow(): HostHandle {
    const handle = this.#usable().find(({ load }) => load === 0) ?? this.#open();
    this.#borrowed.add(handle);
    return handle;
  }

  giveBack(handle: HostHandle, spoilt: boolean): void {
    this.#borrowed.delete(handle);
    if (!handle.living) return;
    if (spoilt) this.#excuse(handle, "a module that it checked was bad");
    else if (this.#usable().length > this.#options.limit) {
      this.#dismissed.add(handle);
      this.#excuse(handle, "it was needed for the check of a module only");
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const handles = this.handles;
    // A host that cannot answer any more is terminated all the same.
    await Promise.allSettled(handles.map((handle) => handle.drain(drainMs)));
    for (const handle of handles) handle.terminate("the supervisor stopped");
    await Promise.all(handles.map(({ ended }) => ended));
  }

  #usable(): HostHandle[] {
    return this.handles.filter(
      (handle) => handle.living && handle.state !== "suspect" && !this.#borrowed.has(handle),
    );
  }

  #open(bounds?: HostBounds): HostHandle {
    const handle = this.#options.open(this.#events, bounds);
    if (this.#isFull()) this.#deferred.add(handle);
    else this.#launch(handle);
    this.#handles.add(handle);
    return handle;
  }

  /**
   * True when no thread may be launched. A thread that is stuck or ending counts until it has
   * exited.
   */
  #isFull(): boolean {
    const stuck = this.handles.filter(({ state }) => state === "stuck").length;
    const launched = this.#handles.size - this.#deferred.size;
    return stuck >= MAX_STUCK || launched >= threadsAtMost(this.#options.limit);
  }

  #launch(handle: HostHandle): void {
    const delayMs = this.#backOff.delayMs();
    this.#launchedAt.set(handle, this.#options.clock.now() + delayMs);
    handle.launch(delayMs);
  }

  #excuse(handle: HostHandle, reason: string): void {
    this.#excused.add(handle);
    handle.terminate(reason);
  }

  #hear(host: Host, event: HostHandleEvent): void {
    switch (event.type) {
      case "started":
        return this.#started(host);
      case "suspect":
        return this.#suspected(host);
      case "fenced":
        return this.#tell(host, {
          type: "fenced",
          reason: event.reason,
          blame: this.#judged(host, event),
        });
      case "stuck":
        return this.#tell(host, { type: "stuck", blame: this.#blame(host, event.fault) });
      case "lost":
        return this.#lost(host as HostHandle, event);
      default:
        return this.#tell(host, event);
    }
  }

  #tell(host: Host, event: HostEvent): void {
    this.#options.events.hear(host, event);
  }

  #started(host: Host): void {
    this.#backOff.began();
    // Its one agent causes all that happens to it from here on; that says nothing about the next
    // host.
    if (host.isolation !== undefined) {
      this.#excused.add(host);
      this.#backOff.started();
    }
    this.#tell(host, { type: "started" });
    if (host !== this.#probe) return;
    this.#probe = undefined;
    if (host.isolation !== undefined) host.terminate("it was needed to see that hosts start again");
  }

  #suspected(host: Host): void {
    // If the suspect host has to end, its agents find a thread that runs already.
    const isShared = host.isolation === undefined;
    if (isShared && !this.#stopping && this.#usable().length === 0) this.#open();
    this.#tell(host, { type: "suspect" });
  }

  /** Returns the blame for a host's end. A host that did not start is counted once. */
  #judged(host: Host, { reason, fault }: Ended): Blame | undefined {
    const blame = this.#blame(host, fault);
    if (blame?.cause !== "not-started") return blame;
    const known = this.#failed.get(host);
    if (known !== undefined) return known;
    this.#backOff.failed(reason);
    const reported = this.fault === undefined ? blame : { ...blame, isLasting: true as const };
    this.#failed.set(host, reported);
    return reported;
  }

  #blame(host: Host, fault: HostFault | undefined): Blame | undefined {
    return blameFor(fault, { soleAgent: host.soleAgent, hasStarted: this.#excused.has(host) });
  }

  /** Opens a probe: while no agent can be placed, no agent shows that hosts start again. */
  #tryAgain(): void {
    if (this.fault === undefined || this.#probe?.living) return;
    this.#probe = this.#open();
  }

  #lost(handle: HostHandle, event: Extract<HostHandleEvent, { readonly type: "lost" }>): void {
    const blame = this.#judged(handle, event);
    const now = this.#options.clock.now();
    const launchedAt = this.#launchedAt.get(handle) ?? now;
    const hasBeenLeft = handle.isolation !== undefined && handle.soleAgent === undefined;
    const isCounted = this.#failed.delete(handle) || hasBeenLeft;
    if (!this.#excused.delete(handle) && !isCounted) this.#backOff.died(now - launchedAt);
    this.#launchedAt.delete(handle);
    this.#deferred.delete(handle);
    this.#handles.delete(handle);
    if (this.#stopping) return;
    const next = this.#deferred.values().next().value;
    if (next !== undefined && !this.#isFull()) {
      this.#deferred.delete(next);
      this.#launch(next);
    }
    if (!this.#dismissed.delete(handle))
      this.#tell(handle, { type: "lost", reason: event.reason, blame });
    this.#tryAgain();
  }
}
