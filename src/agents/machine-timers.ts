import type { AnyActor, AnyActorRef, EventObject } from "xstate";
import type { Clock } from "../wire/clock.ts";
import type { Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type ActorPath, actorPathOf, findActor } from "./actor-refs.ts";
import { type Kept, keepValue, restoreKept } from "./machine-state.ts";

/** Data with which a timer can be armed again on another host. */
interface Carried {
  readonly event: Kept;
  readonly source: ActorPath;
  readonly target: ActorPath;
}

/** The part of XState's system that relays an actor's own events. */
interface Relaying {
  _relay(source: AnyActorRef, target: AnyActorRef, event: EventObject): void;
}

interface Armed {
  readonly id: string;
  readonly source: AnyActorRef;
  readonly target: AnyActorRef;
  readonly event: EventObject;
  readonly due: number;
  handle: unknown;
}

/**
 * The armed `after` timers and delayed sends of one actor system, in place of XState's own. XState
 * keeps one of several timers under one id, does not arm them again when it restores a snapshot,
 * and notes their start by the wall clock, which a computer's sleep moves.
 */
export class MachineTimers {
  readonly #root: AnyActor;
  readonly #clock: Clock;
  /** Armed timers, in the order in which they were armed. */
  readonly #armed = new Set<Armed>();
  readonly #onFire: () => void;
  #changed = false;

  /**
   * Replaces the root system's timers. Called between the root's creation and its start, before any
   * timer is armed.
   * @param onFire called before a timer's event is sent
   */
  constructor(root: AnyActor, clock: Clock, onFire: () => void) {
    this.#root = root;
    this.#clock = clock;
    this.#onFire = onFire;
    const { scheduler } = root.system;
    scheduler.schedule = (source, target, event, delay, id = "") => {
      this.#arm({ source, target, event, id }, delay);
    };
    scheduler.cancel = (source, id) => {
      this.#disarm((armed) => armed.source === source && armed.id === id);
    };
    scheduler.cancelAll = (source) => this.#disarm((armed) => armed.source === source);
  }

  /** Arms the timers that were armed when the machine was moved. Called before its start. */
  restore(timers: readonly Timer[]): void {
    for (const { id, dueMs, event } of timers) {
      const carried = event as unknown as Carried;
      const source = findActor(this.#root, carried.source);
      const target = findActor(this.#root, carried.target);
      // A timer of an actor that is gone is dropped.
      if (source === undefined || target === undefined) continue;
      const { value, refer } = restoreKept(carried.event);
      refer(this.#root);
      this.#arm({ id, source, target, event: value as EventObject }, dueMs);
    }
  }

  /** Returns all armed timers if they changed since the last call; else undefined. */
  take(): readonly Timer[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const now = this.#clock.now();
    return [...this.#armed].flatMap(({ id, event, source, target, due }): Timer[] => {
      const from = actorPathOf(this.#root, source);
      const to = actorPathOf(this.#root, target);
      if (from === undefined || to === undefined) return [];
      const kept = keepValue(event, `The delayed event ${event.type}`, this.#root);
      const carried: Carried = { event: kept, source: from, target: to };
      return [{ id, dueMs: Math.max(0, due - now), event: carried as unknown as Json }];
    });
  }

  /** Cancels all timers. */
  close(): void {
    this.#disarm(() => true);
  }

  #arm(timer: Omit<Armed, "due" | "handle">, delay: number): void {
    // A delay that is not a number always meant none; JSON cannot represent an infinite one.
    const delayMs = Math.min(Number.isNaN(delay) ? 0 : delay, Number.MAX_SAFE_INTEGER);
    const armed: Armed = { ...timer, due: this.#clock.now() + delayMs, handle: undefined };
    armed.handle = this.#clock.setTimeout(() => this.#fire(armed), delayMs);
    this.#armed.add(armed);
    this.#changed = true;
  }

  #fire(armed: Armed): void {
    this.#armed.delete(armed);
    this.#changed = true;
    this.#onFire();
    const { source, target, event } = armed;
    (this.#root.system as unknown as Relaying)._relay(source, target, event);
  }

  #disarm(isMeant: (armed: Armed) => boolean): void {
    for (const armed of this.#armed) {
      if (!isMeant(armed)) continue;
      this.#clock.clearTimeout(armed.handle);
      this.#armed.delete(armed);
      this.#changed = true;
    }
  }
}
