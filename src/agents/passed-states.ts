import type { AnyStateMachine } from "xstate";
import { type Frame, MOST_STATES } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";

/** The states that a machine has passed through since its last frame, in order. */
export class PassedStates {
  /** The first of them, and behind them the latest. */
  #states: Json[] = [];
  #leftOut = 0;
  #last: string | undefined;

  /** Where it was on its last host is no news. */
  constructor(known?: Json) {
    this.#last = known === undefined ? undefined : textOf(known);
  }

  note(state: Json): void {
    const text = textOf(state);
    if (text === this.#last) return;
    this.#last = text;
    if (this.#states.length === MOST_STATES) {
      this.#leftOut += 1;
      this.#states[MOST_STATES - 1] = state;
    } else this.#states.push(state);
  }

  /** What a frame says of them. */
  take(): Pick<Frame, "value" | "passed" | "leftOut"> {
    const value = this.#states.pop();
    if (value === undefined) return {};
    const [passed, leftOut] = [this.#states, this.#leftOut];
    this.#states = [];
    this.#leftOut = 0;
    return {
      value,
      ...(passed.length === 0 ? {} : { passed }),
      ...(leftOut === 0 ? {} : { leftOut }),
    };
  }
}

function textOf(state: Json): string {
  return typeof state === "string" ? state : JSON.stringify(state);
}

/** Where a machine is before its first transition, of which XState says nothing. */
export function initialStateOf(machine: AnyStateMachine): Json {
  return machine.resolveState({ value: {}, context: {} } as never).value as Json;
}
