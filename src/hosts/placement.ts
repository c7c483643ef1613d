import { type Blame, blameFor, type HostFault } from "../kernel/blame.ts";
import type { Clock } from "../wire/clock.ts";
import { createBackOff } from "./back-off.ts";
import type {
  Host,
  HostBounds,
  HostEvent,
  HostListener,
  Place,
  PlaceEvent,
  PlaceListener,
} from "./host.ts";

export interface PlacementOptions {
  /** How many hosts of this kind there should be at most. */
  readonly limit: number;
  readonly clock: Clock;
  readonly events: HostListener;
  /** @param bounds what the host of one agent may use; undefined for shared ones */
  readonly open: (events: PlaceListener, bounds?: HostBounds) => Place;
}

/** Stuck threads at which no new one is made until one of them exits. */
const stuckMax = 8;
/** Threads that have not ended yet, of hosts of which there should be so many. */
export const threadsAtMost = (limit: number): number => 2 * limit + 8;
/** Milliseconds that hosts get to close what they run before they are ended. */
const drainMs = 250;

/** How a host has come to its end. */
type Ended = Extract<PlaceEvent, { readonly type: "fenced" | "lost" }>;

/** The hosts of one kind: opened on demand, replaced when they die, never more than wanted. */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #events: PlaceListener;
  readonly #places = new Set<Place>();
  readonly #launchedAt = new Map<Host, number>();
  /** They check a module at the moment: nobody is placed there. */
  readonly #borrowed = new Set<Place>();
  /** Ended by us for no fault of the thread: says nothing about the next one. */
  readonly #excused = new Set<Host>();
  /** Ended in good health, and with nobody on them. */
  readonly #dismissed = new Set<Host>();
  /** Opened, but launched only when a thread has exited. */
  readonly #heldBack = new Set<Place>();
  /** What is told of those that did not start. */
  readonly #failed = new Map<Host, Blame>();
  readonly #backOff = createBackOff();
  /** Opened for nobody, to see whether hosts can be started again. */
  #probe: Place | undefined;
  #stopping = false;

  constructor(options: PlacementOptions) {
    this.#options = options;
    const { events } = options;
    this.#events = {
      hear: (host, event) => this.#hear(host, event),
      whoIs: (host, number) => events.whoIs(host, number),
    };
  }

  get places(): readonly Place[] {
    return [...this.#places];
  }

  /** Why hosts cannot be started at present, after three in a row that did not. */
  get fault(): string | undefined {
    return this.#backOff.fault;
  }

  pick(): Place {
    const usable = this.#usable();
    const least = usable.reduce<Place | undefined>(
      (best, place) => (best === undefined || place.load < best.load ? place : best),
      undefined,
    );
    if (least === undefined) return this.#open();
    return least.load > 0 && usable.length < this.#options.limit ? this.#open() : least;
  }

  /** A new place, for one agent and no other. */
  alone(bounds?: HostBounds): Place {
    return this.#open(bounds);
  }

  /** A place that hosts nobody, beyond the limit when there is no other. */
  borrow(): Place {
    const place = this.#usable().find(({ load }) => load === 0) ?? this.#open();
    this.#borrowed.add(place);
    return place;
  }

  giveBack(place: Place, spoilt: boolean): void {
    this.#borrowed.delete(place);
    if (!place.living) return;
    if (spoilt) this.#excuse(place, "a module that it checked was bad");
    else if (this.#usable().length > this.#options.limit) {
      this.#dismissed.add(place);
      this.#excuse(place, "it was needed for the check of a module only");
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const places = this.places;
    // A host that cannot answer any more is ended all the same.
    await Promise.allSettled(places.map((place) => place.drain(drainMs)));
    for (const place of places) place.condemn("the supervisor stopped");
    await Promise.all(places.map(({ ended }) => ended));
  }

  #usable(): Place[] {
    return this.places.filter(
      (place) => place.living && place.state !== "suspect" && !this.#borrowed.has(place),
    );
  }

  #open(bounds?: HostBounds): Place {
    const place = this.#options.open(this.#events, bounds);
    if (this.#isFull()) this.#heldBack.add(place);
    else this.#launch(place);
    this.#places.add(place);
    return place;
  }

  /** A thread that is stuck, or about to end, is one until it has exited. */
  #isFull(): boolean {
    const stuck = this.places.filter(({ state }) => state === "stuck").length;
    const launched = this.#places.size - this.#heldBack.size;
    return stuck >= stuckMax || launched >= threadsAtMost(this.#options.limit);
  }

  #launch(place: Place): void {
    const delayMs = this.#backOff.delayMs();
    this.#launchedAt.set(place, this.#options.clock.now() + delayMs);
    place.launch(delayMs);
  }

  #excuse(place: Place, reason: string): void {
    this.#excused.add(place);
    place.condemn(reason);
  }

  #hear(host: Host, event: PlaceEvent): void {
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
        return this.#lost(host as Place, event);
      default:
        return this.#tell(host, event);
    }
  }

  #tell(host: Host, event: HostEvent): void {
    this.#options.events.hear(host, event);
  }

  #started(host: Host): void {
    this.#backOff.began();
    // What befalls it from here on is its one agent's doing, and says nothing about the next.
    if (host.isolation !== undefined) {
      this.#excused.add(host);
      this.#backOff.started();
    }
    this.#tell(host, { type: "started" });
    if (host !== this.#probe) return;
    this.#probe = undefined;
    if (host.isolation !== undefined) host.condemn("it was needed to see that hosts start again");
  }

  #suspected(host: Host): void {
    // Should it have to end, its agents find a thread that runs already.
    const isShared = host.isolation === undefined;
    if (isShared && !this.#stopping && this.#usable().length === 0) this.#open();
    this.#tell(host, { type: "suspect" });
  }

  /** What is told of a host's end; one that did not start is counted, once. */
  #judged(host: Host, { reason, fault }: Ended): Blame | undefined {
    const blame = this.#blame(host, fault);
    if (blame?.cause !== "not-started") return blame;
    const known = this.#failed.get(host);
    if (known !== undefined) return known;
    this.#backOff.failed(reason);
    const told = this.fault === undefined ? blame : { ...blame, isLasting: true as const };
    this.#failed.set(host, told);
    return told;
  }

  #blame(host: Host, fault: HostFault | undefined): Blame | undefined {
    return blameFor(fault, { resident: host.resident, hasStarted: this.#excused.has(host) });
  }

  /** While nobody can be placed, nobody's run shows that hosts start again. */
  #tryAgain(): void {
    if (this.fault === undefined || this.#probe?.living) return;
    this.#probe = this.#open();
  }

  #lost(place: Place, event: Extract<PlaceEvent, { readonly type: "lost" }>): void {
    const blame = this.#judged(place, event);
    const now = this.#options.clock.now();
    const launchedAt = this.#launchedAt.get(place) ?? now;
    const hasBeenLeft = place.isolation !== undefined && place.resident === undefined;
    const isCounted = this.#failed.delete(place) || hasBeenLeft;
    if (!this.#excused.delete(place) && !isCounted) this.#backOff.died(now - launchedAt);
    this.#launchedAt.delete(place);
    this.#heldBack.delete(place);
    this.#places.delete(place);
    if (this.#stopping) return;
    const next = this.#heldBack.values().next().value;
    if (next !== undefined && !this.#isFull()) {
      this.#heldBack.delete(next);
      this.#launch(next);
    }
    if (!this.#dismissed.delete(place))
      this.#tell(place, { type: "lost", reason: event.reason, blame });
    this.#tryAgain();
  }
}
