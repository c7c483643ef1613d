import type { ActorLogic, AnyActorRef, EventObject, Snapshot } from "xstate";

/** How a state that is mutated in place is made, asked, shown and kept. */
export interface Decider<State, Request, Answer, Summary, Input, Saved> {
  readonly create: (input: Input) => State;
  readonly decide: (state: State, request: Request) => Answer;
  /** A small copy for observers; its cost must not grow with the state. */
  readonly summarise: (state: State) => Summary;
  /** The whole state as plain JSON, and back. */
  readonly save: (state: State) => Saved;
  readonly restore: (saved: Saved) => State;
}

/** What an observer sees: a summary. No inspector clones `state`, which is not enumerable. */
export type DeciderSnapshot<State, Summary> = Snapshot<undefined> & {
  readonly context: Summary;
  readonly state: State;
};

/** Takes a fresh summary and tells observers; decides nothing. */
export interface Look {
  readonly type: "look";
}

/** Emitted after each request that came through the actor's mailbox. */
export interface Answered<Answer> {
  readonly type: "answered";
  readonly request: string;
  readonly answer: Answer;
}

export type DeciderLogic<State, Request extends EventObject, Answer, Summary, Input> = ActorLogic<
  DeciderSnapshot<State, Summary>,
  Request | Look,
  Input,
  AnyActorRef["system"],
  Answered<Answer>
>;

/**
 * Actor logic around a state that its owner also asks synchronously: `decide` is the same
 * function on both ways. Copying a thousand accounts per call costs a factor of 400, so only
 * the summary is copied.
 */
export function deciderLogic<State, Request extends EventObject, Answer, Summary, Input, Saved>(
  decider: Decider<State, Request, Answer, Summary, Input, Saved>,
): DeciderLogic<State, Request, Answer, Summary, Input> {
  const show = (state: State, status: "active" | "stopped") => {
    const context = decider.summarise(state);
    const shown = { status, output: undefined, error: undefined, context };
    Object.defineProperty(shown, "state", { value: state });
    return shown as DeciderSnapshot<State, Summary>;
  };
  return {
    getInitialSnapshot: (_scope, input) => show(decider.create(input), "active"),
    transition: ({ state }, event, scope) => {
      if (event.type === "xstate.stop") return show(state, "stopped");
      if (event.type !== "look") {
        const answer = decider.decide(state, event as Request);
        scope.emit({ type: "answered", request: event.type, answer });
      }
      return show(state, "active");
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
