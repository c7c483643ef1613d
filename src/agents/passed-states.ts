import type { AnyStateMachine } from "xstate";
import { type Frame, MAX_STATES } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";

/** The states that a machine has passed through since its last frame, in order. */
export class PassedStates {
  /** States in order, at most `MAX_STATES`: the first ones, and behind them the latest. */
  #states: Json[] = [];
  #leftOut = 0;
  #last: string | undefined;

  /** @param known the state on the agent's last host, which is not reported again */
  constructor(known?: Json) {
    this.#last = known === undefined ? undefined : textOf(known);
  }

  note(state: Json): void {
    const text = textOf(state);
    if (text === this.#last) return;
    this.#last = text;
    if (this.#states.length === MAX_STATES) {
      this.#leftOut += 1;
      this.#states[MAX_STATES - 1] = state;
    } else this.#states.push(state);
  }

  /** Returns the fields of a frame that report the states, and clears them. */
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

/** Returns a machine's state before its first transition, which XState does not report. */
export function initialStateOf(machine: AnyStateMachine): Json {
  return machine.resolveState({ value: {}, context: {} } as never).value as Json;
}
