import type { AnyActor, AnyActorRef } from "xstate";

/** The part of an XState actor with which its own parent ends it. */
interface Stoppable {
  readonly logic: {
    transition(snapshot: unknown, event: { readonly type: string }, scope: unknown): unknown;
  };
  readonly _actorScope: unknown;
  _stop(): void;
}

/** The part of XState's system in which each actor registers when it starts. */
interface Registry {
  _register(sessionId: string, actor: AnyActorRef): string;
}

/**
 * The running actors of a machine's system, by the actor that started them. When an actor ends in
 * any way, all actors below it are ended. XState leaves the children of an actor that threw
 * running, and an actor that threw cannot be stopped any more:
 * https://github.com/statelyai/xstate/issues/5153.
 */
export class RunningActors {
  readonly #below = new Map<AnyActorRef, Set<AnyActorRef>>();

  /** Observes a system. Called between the root's creation and its start, before any actor runs. */
  constructor({ system }: AnyActor) {
    const { scheduler } = system;
    const { cancelAll } = scheduler;
    const registry = system as unknown as Registry;
    const { _register: register } = registry;
    registry._register = (sessionId, actor) => {
      this.#started(actor);
      return register(sessionId, actor);
    };
    // XState calls this, and nothing else, for every actor that has ended.
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

/** Stops a callback that threw while it handled an event; XState does not stop it. */
function cleanUp(actor: AnyActorRef): void {
  const snapshot: { readonly status?: unknown } | undefined = actor.getSnapshot();
  if (snapshot?.status !== "error" || "children" in snapshot) return;
  const { logic, _actorScope: scope } = actor as unknown as Stoppable;
  try {
    logic.transition(snapshot, { type: "xstate.stop" }, scope);
  } catch {
    // It has failed already, and its parent is told of that failure.
    return;
  }
}
