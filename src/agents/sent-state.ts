import type { AnyActor, AnyActorRef } from "xstate";
import { CoppiceError } from "../errors.ts";
import { amountOfChange, amountOfState, type Change, sumOf } from "../wire/change.ts";
import type { Frame } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { type JsonAmount, refusalOf } from "../wire/json-bound.ts";
import { type MachineState, STATE_BOUND } from "../wire/machine-state.ts";
import { isChildOf } from "./actor-refs.ts";
import { encodeValue } from "./encoded-value.ts";
import { copySnapshot, type Fields } from "./kept-snapshot.ts";
import { KeptValue } from "./kept-value.ts";
import type { DoorState } from "./machine-door.ts";
import { persistedOf } from "./machine-state.ts";
import { StateChange } from "./state-change.ts";

const WHAT = "The state of the machine";

/** A state that was sent, by reference. */
interface Sent {
  readonly state: Fields;
  /**
   * At least the amount that the supervisor has of it. Left out when JSON cannot represent it: of
   * such a state changes are not sent.
   */
  readonly amount: JsonAmount | undefined;
  /** The children that it refers to, with their machines. */
  readonly children: Map<AnyActorRef, AnyActorRef>;
}

/**
 * The state of a machine as the supervisor has it. It is sent whole at first, and again when what
 * has left it might have used up the bound; in between, its changes are sent.
 */
export class SentState {
  readonly #root: AnyActor;
  /** Undefined when parts of it may have changed and still be the same objects. */
  #sent: Sent | undefined;

  constructor(root: AnyActor) {
    this.#root = root;
  }

  /**
   * Returns the fields of a frame after which the supervisor has the state of the machine: none
   * when it has it already.
   *
   * **Fails with** MACHINE_INVALID for a state that cannot be kept.
   */
  next(door: DoorState): Pick<Frame, "state" | "change"> {
    const state = { machine: persistedOf(this.#root), ...door };
    if (this.#sent === undefined) return this.#whole(state);
    const { state: last, children } = this.#sent;
    // A reference to a child that has ended is written in another way.
    for (const [ref, owner] of children) if (!isChildOf(owner, ref)) return this.#whole(state);
    const kept = new KeptValue(WHAT, this.#root);
    const change = this.#change(kept, last, state);
    if (change === undefined) return {};
    const amount = sumOf(this.#sent.amount, amountOfChange(change));
    if (amount === undefined || kept.isRich || !kept.isFixed) return this.#whole(state);
    for (const [ref, owner] of kept.children) children.set(ref, owner);
    this.#sent = { state, amount, children };
    return { change };
  }

  #change(kept: KeptValue, last: Fields, now: Fields): Change | undefined {
    const changes = new StateChange(kept);
    // Compared first, so that an error names a place as the machine's author knows it.
    const machine = changes.ofSnapshot(last.machine, now.machine, this.#root);
    return changes.ofFields(
      last,
      now,
      (before, after, name) => {
        return name === "machine" ? machine : changes.ofValue(before, after, this.#root);
      },
      (field) => field as Json,
    );
  }

  #whole(state: Fields & DoorState & { readonly machine: unknown }): Pick<Frame, "state"> {
    const kept = new KeptValue(WHAT, this.#root);
    const machine = copySnapshot(kept, state.machine, this.#root) ?? null;
    const { count, asks } = state;
    const plain: MachineState = { machine, count, asks };
    const json = plain as unknown as Json;
    const { children, isFixed, isRich } = kept;
    const amount = isFixed && !isRich ? amountOf(json) : undefined;
    this.#sent = isFixed ? { state, amount, children } : undefined;
    if (!kept.isRich) return { state: json };
    const encoded = encodeValue(state.machine, WHAT, this.#root);
    return { state: { ...plain, encoded } as unknown as Json };
  }
}

function amountOf(state: Json): JsonAmount {
  const amount = amountOfState(state);
  if (amount !== undefined) return amount;
  const message = `${WHAT} cannot be kept: ${refusalOf(state, STATE_BOUND)?.message}`;
  throw new CoppiceError("MACHINE_INVALID", message, {});
}
