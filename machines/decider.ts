import type { ActorLogic, AnyActorRef, EventObject, Snapshot } from "xstate";

/** The functions that create, decide, summarise, save and restore a state mutated in place. */
export interface Decider<State, Request, Answer, Summary, Input, Saved> {
  readonly create: (input: Input) => State;
  /**
   * Decides a request. **Fails with** the error of a broken precondition; nothing was changed then.
   */
  readonly decide: (state: State, request: Request) => Answer;
  /** Returns a small copy for observers; its cost must not grow with the state. */
  readonly summarise: (state: State) => Summary;
  /** Returns the whole state as plain JSON that shares nothing with it; `restore` reads it. */
  readonly save: (state: State) => Saved;
  readonly restore: (saved: Saved) => State;
}

/**
 * A snapshot that is one and the same object as long as the actor lives, since copying a thousand
 * accounts for each decision costs a factor of 400. `state` and the outcome of the last event are
 * not enumerable: no observer clones them.
 */
export type DeciderSnapshot<State, Summary, Answer = unknown> = Snapshot<undefined> & {
  /** Computed when it is read. */
  readonly context: Summary;
  readonly state: State;
  /** The answer to the last event; undefined where deciding it threw. */
  readonly answer: Answer | undefined;
  /** The error thrown by the last event; undefined where it was decided. */
  readonly thrown: unknown;
  /** True while {@link askDecider} waits for the answer. */
  readonly isAsked: boolean;
};

/** One getter for all snapshots: a getter of its own would make each a slow dictionary. */
const SUMMARY: PropertyDescriptor & ThisType<Summarised> = {
  enumerable: true,
  get() {
    return this.summarise(this.state);
  },
};

interface Summarised {
  readonly state: unknown;
  readonly summarise: (state: unknown) => unknown;
}

export type DeciderLogic<State, Request extends EventObject, Answer, Summary, Input> = ActorLogic<
  DeciderSnapshot<State, Summary, Answer>,
  Request,
  Input,
  AnyActorRef["system"]
>;

/**
 * Returns actor logic around a state that only its events change, each decided at once.
 *
 * **Guarantees** a transition never throws, which would end the actor for ever: the error is in the
 * snapshot, and {@link askDecider} throws it. This holds for a value that is not an event too.
 */
export function deciderLogic<State, Request extends EventObject, Answer, Summary, Input, Saved>(
  decider: Decider<State, Request, Answer, Summary, Input, Saved>,
): DeciderLogic<State, Request, Answer, Summary, Input> {
  type Shown = DeciderSnapshot<State, Summary, Answer>;
  const show = (state: State, status: "active" | "stopped"): Shown => {
    const shown = { status, output: undefined, error: undefined };
    Object.defineProperties(shown, {
      context: SUMMARY,
      state: { value: state },
      summarise: { value: decider.summarise },
      answer: { value: undefined, writable: true },
      thrown: { value: undefined, writable: true },
      isAsked: { value: false, writable: true },
    });
    return shown as unknown as Shown;
  };
  return {
    getInitialSnapshot: (_scope, input) => show(decider.create(input), "active"),
    start: (_snapshot, { self }) => onlyObjects(self),
    transition: (snapshot, event) => {
      const { state } = snapshot;
      const now = snapshot as { -readonly [Key in keyof Shown]: Shown[Key] };
      try {
        if (event.type === "xstate.stop") return show(state, "stopped");
        now.answer = decider.decide(state, event);
        now.thrown = undefined;
      } catch (thrown) {
        now.answer = undefined;
        now.thrown = thrown;
      }
      return snapshot;
    },
    getPersistedSnapshot: ({ status, state }) => {
      const saved = decider.save(state);
      return { status, output: undefined, error: undefined, saved } as Snapshot<unknown>;
    },
    restoreSnapshot: (persisted) => {
      const { saved } = persisted as unknown as { readonly saved: Saved };
      return show(decider.restore(saved), "active");
    },
  };
}

/** Wraps `send`: XState's own queue blocks for ever once it is given a value without fields. */
function onlyObjects(actor: Pick<AnyActorRef, "send">): void {
  const { send } = actor;
  actor.send = (event: unknown) => send(event ?? { type: String(event) });
}

/**
 * Rejects an unknown type: the default of a `decide`, where the compiler checks that no type is
 * left out.
 *
 * **Fails with** RangeError, always.
 */
export function refuseType(request: never): never {
  const { type } = request as EventObject;
  throw new RangeError(`nothing is decided by an event of type "${String(type).slice(0, 100)}"`);
}

/** Stands for the answer until it is decided. */
const UNDECIDED: unique symbol = Symbol("undecided");

/** An actor of a {@link deciderLogic}. */
export interface DeciderActor<Request, Answer> {
  send(request: Request): void;
  getSnapshot(): DeciderSnapshot<unknown, unknown, Answer>;
}

/**
 * Sends one event to a decider and returns its answer, synchronously.
 *
 * **Fails with** the error of deciding it; and with an `Error`, before anything is decided, while
 * an observer is notified of another decision, or after the actor was stopped.
 */
export function askDecider<Request extends EventObject, Answer>(
  actor: DeciderActor<Request, Answer>,
  request: Request,
): Answer {
  const snapshot = actor.getSnapshot() as Asked<Answer>;
  // An event sent by an observer would be decided later, and this would read the wrong answer.
  if (snapshot.isAsked) throw new Error(`"${request.type}" was asked within another decision`);
  snapshot.isAsked = true;
  snapshot.answer = UNDECIDED;
  try {
    actor.send(request);
  } finally {
    snapshot.isAsked = false;
  }
  const { answer } = snapshot;
  if (answer === UNDECIDED) {
    throw new Error(`"${request.type}" was asked of an actor that was stopped`);
  }
  if (answer === undefined) throw snapshot.thrown;
  return answer as Answer;
}

interface Asked<Answer> {
  isAsked: boolean;
  answer: Answer | typeof UNDECIDED | undefined;
  readonly thrown: unknown;
}
