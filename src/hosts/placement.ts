import type { Clock } from "../wire/clock.ts";
import { createBackOff } from "./back-off.ts";
import type { Host, HostEvents, Place } from "./host.ts";

export interface PlacementOptions {
  /** How many hosts of this kind there should be at most. */
  readonly limit: number;
  readonly clock: Clock;
  readonly events: HostEvents;
  readonly open: (events: Required<HostEvents>) => Place;
}

/** Stuck threads at which no new one is made until one of them exits. */
const stuckMax = 8;
/** Milliseconds that hosts get to close what they run before they are ended. */
const drainMs = 250;

/** The hosts of one kind: opened on demand, replaced when they die, never more than wanted. */
export class Placement {
  readonly #options: PlacementOptions;
  readonly #events: Required<HostEvents>;
  readonly #places = new Set<Place>();
  readonly #launchedAt = new Map<Host, number>();
  /** They check a module at the moment: nobody is placed there. */
  readonly #borrowed = new Set<Place>();
  /** Ended by us for no fault of the thread: says nothing about the next one. */
  readonly #excused = new Set<Host>();
  /** Opened, but launched only when a stuck thread has exited. */
  readonly #heldBack = new Set<Place>();
  readonly #backOff = createBackOff();
  #stopping = false;

  constructor(options: PlacementOptions) {
    this.#options = options;
    const { events } = options;
    this.#events = {
      onFrames: (host, message) => events.onFrames(host, message),
      onStarted: (host) => events.onStarted(host),
      onStuck: (host) => events.onStuck?.(host),
      onLost: (host, reason) => this.#lost(host as Place, reason),
    };
  }

  get places(): readonly Place[] {
    return [...this.#places];
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
    return this.places.filter((place) => place.living && !this.#borrowed.has(place));
  }

  #open(): Place {
    const place = this.#options.open(this.#events);
    this.#places.add(place);
    const stuck = this.places.filter(({ state }) => state === "stuck");
    if (stuck.length >= stuckMax) this.#heldBack.add(place);
    else this.#launch(place);
    return place;
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

  #lost(place: Place, reason: string): void {
    const now = this.#options.clock.now();
    const launchedAt = this.#launchedAt.get(place) ?? now;
    if (!this.#excused.delete(place)) this.#backOff.died(now - launchedAt);
    this.#launchedAt.delete(place);
    this.#heldBack.delete(place);
    this.#places.delete(place);
    if (this.#stopping) return;
    const next = this.#heldBack.values().next().value;
    if (next !== undefined) {
      this.#heldBack.delete(next);
      this.#launch(next);
    }
    this.#options.events.onLost(place, reason);
  }
}
