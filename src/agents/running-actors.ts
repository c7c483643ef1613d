import type { AnyActor, AnyActorRef } from "xstate";

/** The part of an XState actor that its own parent uses to end it. */
interface Stoppable {
  readonly logic: {
    transition(snapshot: unknown, event: { readonly type: string }, scope: unknown): unknown;
  };
  readonly _actorScope: unknown;
  _stop(): void;
}

/** The part of XState's system that each actor enters when it starts. */
interface Registry {
  _register(sessionId: string, actor: AnyActorRef): string;
}

/**
 * The actors of a machine's system that run, by who started them, so that whatever ends one of
 * them ends all below it. XState leaves those of an actor that threw running, and an actor that
 * threw cannot be stopped any more: https://github.com/statelyai/xstate/issues/5153.
 */
export class RunningActors {
  readonly #below = new Map<AnyActorRef, Set<AnyActorRef>>();

  /** To be made between the root's creation and its start, before anything runs. */
  constructor({ system }: AnyActor) {
    const { scheduler } = system;
    const { cancelAll } = scheduler;
    const registry = system as unknown as Registry;
    const { _register: register } = registry;
    registry._register = (sessionId, actor) => {
      this.#started(actor);
      return register(sessionId, actor);
    };
    // All that XState says of an actor that has ended, in whichever way.
    scheduler.cancelAll = (actor) => {
      cancelAll(actor);
      this.#ended(actor);
    };
  }

  #started(actor: AnyActorRef): void {
    if (actor._parent === undefined) return;
    const siblings = this.#below.get(actor._parent) ?? new Set();
    this.#below.set(actor._parent, siblings.add(actor));
  }

  #ended(actor: AnyActorRef): void {
    if (actor._parent !== undefined) this.#below.get(actor._parent)?.delete(actor);
    const left = [...(this.#below.get(actor) ?? [])];
    this.#below.delete(actor);
    for (const child of left.reverse()) (child as unknown as Stoppable)._stop();
    cleanUp(actor);
  }
}

/** A callback that threw while it heard an event has not been told that it is over. */
function cleanUp(actor: AnyActorRef): void {
  const snapshot: { readonly status?: unknown } | undefined = actor.getSnapshot();
  if (snapshot?.status !== "error" || "children" in snapshot) return;
  const { logic, _actorScope: scope } = actor as unknown as Stoppable;
  try {
    logic.transition(snapshot, { type: "xstate.stop" }, scope);
  } catch {
    // It has failed already, and whoever started it hears of that failure.
    return;
  }
}
