import type { AnyActor, AnyActorRef, EventObject } from "xstate";
import type { Clock } from "../wire/clock.ts";
import type { Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type ActorPath, actorPathOf, findActor } from "./actor-refs.ts";
import { type Kept, keepValue, restoreKept } from "./machine-state.ts";

/** What a timer carries, so that it can be armed again on another host. */
interface Carried {
  readonly event: Kept;
  readonly source: ActorPath;
  readonly target: ActorPath;
}

/** The part of XState's system that an actor's own events go through. */
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
 * The armed `after` timers and delayed sends of one actor system, in XState's stead: it keeps one
 * of several under one id, does not arm them again when it restores a snapshot, and notes their
 * start by the wall clock, which a sleeping computer moves.
 */
export class MachineTimers {
  readonly #root: AnyActor;
  readonly #clock: Clock;
  /** In the order in which they were armed. */
  readonly #armed = new Set<Armed>();
  readonly #onFire: () => void;
  #changed = false;

  /**
   * To be made between the root's creation and its start, before anything is armed.
   * @param onFire told before a timer's event is sent
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

  /** Arms again, before its start, what was armed when the machine was moved. */
  restore(timers: readonly Timer[]): void {
    for (const { id, dueMs, event } of timers) {
      const carried = event as unknown as Carried;
      const source = findActor(this.#root, carried.source);
      const target = findActor(this.#root, carried.target);
      // An actor that is gone needs no timer.
      if (source === undefined || target === undefined) continue;
      const { value, refer } = restoreKept(carried.event);
      refer(this.#root);
      this.#arm({ id, source, target, event: value as EventObject }, dueMs);
    }
  }

  /** All armed timers, if they changed since they were last taken. */
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

  /** Nothing fires any more. */
  close(): void {
    this.#disarm(() => true);
  }

  #arm(timer: Omit<Armed, "due" | "handle">, delay: number): void {
    // A delay that is no number has always been none; one without an end has no place in JSON.
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
