import { amountOfChange, amountOfState, changed, fits, sumOf } from "../wire/change.ts";
import type { Frame } from "../wire/frame.ts";
import type { JsonAmount } from "../wire/json-bound.ts";
import type { Node } from "./node.ts";

const NOTHING: JsonAmount = { values: 0, bytes: 0 };

/**
 * False for the frame in which an agent ends, and for those after its restart point: a restart
 * returns to the state before them, and the frame after it has a whole state.
 */
export function isStateKept({ restartPoint }: Node, { commands }: Frame): boolean {
  return restartPoint === undefined && commands.at(-1)?.type !== "done";
}

/**
 * Returns the amount of a state with a frame's change. Undefined for a change that does not fit the
 * state, or by which it might be over its bound: what has left a state counts until the next whole
 * one, which a host sends before it comes to that.
 */
export function amountWith({ state, stateAmount }: Node, frame: Frame): JsonAmount | undefined {
  const { change } = frame;
  if (change === undefined || frame.state !== undefined) return NOTHING;
  if (state === undefined || !fits(state, change)) return undefined;
  return sumOf(stateAmount ?? amountOfState(state), amountOfChange(change));
}

/** @param amount of {@link amountWith} */
export function takeState(node: Node, { state, change }: Frame, amount: JsonAmount): void {
  if (state !== undefined) {
    node.state = state;
    node.stateAmount = undefined;
  } else if (change !== undefined && node.state !== undefined) {
    node.state = changed(node.state, change);
    node.stateAmount = amount;
  }
}
