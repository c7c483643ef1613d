import type { ActorLogic, AnyActorRef, EventObject, Snapshot } from "xstate";

/** How a state that is mutated in place is made, asked, shown and kept. */
export interface Decider<State, Request, Answer, Summary, Input, Saved> {
  readonly create: (input: Input) => State;
  /** **Fails with** what it throws for a broken precondition: nothing was changed then. */
  readonly decide: (state: State, request: Request) => Answer;
  /** A small copy for observers; its cost must not grow with the state. */
  readonly summarise: (state: State) => Summary;
  /** The whole state as plain JSON that shares nothing with it, and back. */
  readonly save: (state: State) => Saved;
  readonly restore: (saved: Saved) => State;
}

/**
 * One and the same object as long as the actor lives, since copying a thousand accounts for each
 * decision costs a factor of 400. `state` and what became of the last event are not enumerable: no
 * observer clones them.
 */
export type DeciderSnapshot<State, Summary, Answer = unknown> = Snapshot<undefined> & {
  /** Taken when it is looked at. */
  readonly context: Summary;
  readonly state: State;
  /** Of the last event; undefined where deciding it threw. */
  readonly answer: Answer | undefined;
  /** What deciding the last event threw; undefined where it was decided. */
  readonly thrown: unknown;
  /** Set while {@link askDecider} waits for it. */
  readonly isAsked: boolean;
};

/** One getter for all of them: each of its own would make a snapshot a slow dictionary. */
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
 * Actor logic around a state that only its events change, each decided at once.
 *
 * **Guarantees** a transition never throws, which would end the actor for ever: what it would have
 * thrown is in the snapshot, and {@link askDecider} throws it. That holds for what is no event too.
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

/** XState's own queue stands still for ever after it was given what has no fields. */
function onlyObjects(actor: Pick<AnyActorRef, "send">): void {
  const { send } = actor;
  actor.send = (event: unknown) => send(event ?? { type: String(event) });
}

/**
 * The default of a `decide`, in which the compiler sees that no type is left out.
 *
 * **Fails with** RangeError, always.
 */
export function refuseType(request: never): never {
  const { type } = request as EventObject;
  throw new RangeError(`nothing is decided by an event of type "${String(type).slice(0, 100)}"`);
}

/** Stands for the answer until there is one. */
const UNDECIDED: unique symbol = Symbol("undecided");

/** An actor of a {@link deciderLogic}. */
export interface DeciderActor<Request, Answer> {
  send(request: Request): void;
  getSnapshot(): DeciderSnapshot<unknown, unknown, Answer>;
}

/**
 * Sends one event to a decider and reads its answer, in one go.
 *
 * **Fails with** what deciding it threw; and with an `Error`, nothing having been decided, for what
 * is asked while an observer is told of another decision, or after the actor was stopped.
 */
export function askDecider<Request extends EventObject, Answer>(
  actor: DeciderActor<Request, Answer>,
  request: Request,
): Answer {
  const snapshot = actor.getSnapshot() as Asked<Answer>;
  // What an observer sends would be decided later, and its answer would be another's.
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
