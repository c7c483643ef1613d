import type { AnyActor, AnyActorRef } from "xstate";
import type { Clock } from "../wire/clock.ts";
import type { Timer } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { plainJson } from "./plain-json.ts";

/** An actor of a machine's system: the ids that lead to it from the root, whose path is empty. */
type ActorPath = readonly string[];

/** What a timer carries, so that it can be armed again on another host. */
interface Armed {
  readonly event: Json;
  readonly source: ActorPath;
  readonly target: ActorPath;
}

/** The part of XState's system from which its start arms timers. */
interface Restorable {
  readonly _snapshot: { readonly _scheduledEvents: Record<string, object> };
}

/**
 * Keeps account of the armed `after` timers and delayed sends of one actor system. XState does
 * not arm them again when it restores a snapshot, and notes their start by the wall clock, which
 * a sleeping computer moves.
 */
export class MachineTimers {
  readonly #root: AnyActor;
  readonly #clock: Clock;
  readonly #due = new Map<string, number>();
  #changed = false;

  /** To be made between the root's creation and its start, before anything is armed. */
  constructor(root: AnyActor, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    const { scheduler } = root.system;
    const { schedule, cancel } = scheduler;
    scheduler.schedule = (source, target, event, delay, given) => {
      const id = given ?? Math.random().toString(36).slice(2);
      this.#changed = true;
      this.#due.set(keyOf(source, id), clock.now() + delay);
      schedule(source, target, event, delay, id);
    };
    scheduler.cancel = (source, id) => {
      this.#changed = this.#due.delete(keyOf(source, id)) || this.#changed;
      cancel(source, id);
    };
  }

  /** Notes that one has fired. */
  fired(): void {
    this.#changed = true;
  }

  /**
   * Puts back what was armed when the machine was moved: the start of its system arms it. An
   * actor that is gone needs no timer.
   */
  restore(timers: readonly Timer[]): void {
    const { _scheduledEvents: scheduled } = (this.#root.system as unknown as Restorable)._snapshot;
    for (const { id, dueMs, event } of timers) {
      const armed = event as unknown as Armed;
      const source = find(this.#root, armed.source);
      const target = find(this.#root, armed.target);
      if (source === undefined || target === undefined) continue;
      const timer = { id, source, target, event: armed.event, delay: dueMs };
      scheduled[keyOf(source, id)] = timer;
    }
  }

  /** All armed timers, if they changed since they were last taken. */
  take(): readonly Timer[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const now = this.#clock.now();
    const scheduled = Object.entries(this.#root.system.getSnapshot()._scheduledEvents);
    const live = new Set(scheduled.map(([key]) => key));
    for (const key of this.#due.keys()) if (!live.has(key)) this.#due.delete(key);
    return scheduled.flatMap(([key, { id, event, source, target, delay }]): Timer[] => {
      const from = pathOf(this.#root, source);
      const to = pathOf(this.#root, target);
      if (from === undefined || to === undefined) return [];
      const dueMs = Math.max(0, (this.#due.get(key) ?? now + delay) - now);
      const armed = { event: plainJson(event, `The delayed event ${event.type}`) };
      return [{ id, dueMs, event: { ...armed, source: from, target: to } }];
    });
  }
}

function keyOf(source: AnyActorRef, id: string): string {
  return `${source.sessionId}.${id}`;
}

function find(root: AnyActorRef, path: ActorPath): AnyActorRef | undefined {
  let at: AnyActorRef | undefined = root;
  for (const id of path) at = childrenOf(at)[id];
  return at;
}

function pathOf(root: AnyActorRef, actor: AnyActorRef): ActorPath | undefined {
  const path: string[] = [];
  let at: AnyActorRef | undefined = actor;
  for (; at !== undefined && at !== root; at = at._parent) path.unshift(at.id);
  return at === root && find(root, path) === actor ? path : undefined;
}

function childrenOf(actor: AnyActorRef | undefined): Readonly<Record<string, AnyActorRef>> {
  const snapshot: { readonly children?: Readonly<Record<string, AnyActorRef>> } | undefined =
    actor?.getSnapshot();
  return snapshot?.children ?? {};
}
