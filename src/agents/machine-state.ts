import type { AnyActor, AnyActorRef, AnyMachineSnapshot } from "xstate";
import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";
import type { MachineState } from "../wire/machine-state.ts";
import { type DecodedValue, decodeValue, encodeValue } from "./encoded-value.ts";
import { KeptValue } from "./kept-value.ts";

/** A value as it travels: as JSON, and as a text where that cannot hold all of it. */
export interface Kept {
  readonly plain: Json;
  readonly encoded?: string;
}

const WHAT = "The state of the machine";

/** What is kept of a machine and all below it. **Fails with** MACHINE_INVALID. */
export function keepState(root: AnyActor): Pick<MachineState, "machine" | "encoded"> {
  const persisted = persistedOf(root);
  const { plain, isRich } = new KeptValue(persisted, WHAT, root, true);
  return { machine: plain, ...(isRich ? { encoded: encodeValue(persisted, WHAT, root) } : {}) };
}

/** What is kept of a single value that a machine of `root` holds. */
export function keepValue(value: unknown, what: string, root: AnyActor): Kept {
  const { plain, isRich } = new KeptValue(value, what, root);
  return { plain, ...(isRich ? { encoded: encodeValue(value, what, root) } : {}) };
}

export function restoreState({ machine, encoded }: MachineState): DecodedValue {
  return restoreKept({ plain: machine, ...(encoded === undefined ? {} : { encoded }) });
}

/** What was kept, as a machine has it; references in it lead to actors once `refer` was called. */
export function restoreKept({ plain, encoded }: Kept): DecodedValue {
  if (encoded !== undefined) return decodeValue(encoded);
  // XState writes into what it restores.
  return { value: structuredClone(plain), refer: () => undefined };
}

/**
 * As XState has it, but for its walk through the context, which does not end for one that refers
 * to itself, and takes an actor that has ended for the one that has its id now.
 */
function persistedOf(actor: AnyActorRef): unknown {
  const snapshot: unknown = actor.getSnapshot();
  if (!isMachineSnapshot(snapshot)) return (actor as AnyActor).getPersistedSnapshot();
  const { context, children, machine } = snapshot;
  const own = machine.getPersistedSnapshot({ ...snapshot, context: {}, children: {} } as never);
  const known = Object.entries<AnyActorRef | undefined>(children);
  const below = known.map(([id, child]) => [id, persistedChild(id, child)]);
  return { ...own, context, children: Object.fromEntries(below) };
}

function persistedChild(id: string, child: AnyActorRef | undefined): unknown {
  if (child === undefined) {
    const told = `The machine started "${id}" by a name that setup({ actors }) does not have`;
    throw new CoppiceError("MACHINE_INVALID", told, { id });
  }
  const {
    src,
    systemId,
    _syncSnapshot: syncSnapshot,
  } = child as AnyActor & {
    readonly _syncSnapshot?: boolean;
  };
  if (typeof src === "string") return { snapshot: persistedOf(child), src, systemId, syncSnapshot };
  const told =
    `The machine spawned "${id}" from logic given inline, which cannot be found again by a name. ` +
    "Register it in setup({ actors: { yourName: logic } }) and spawn it by that name: " +
    'spawn("yourName")';
  throw new CoppiceError("MACHINE_INVALID", told, { id });
}

function isMachineSnapshot(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === "object" && snapshot !== null && "machine" in snapshot;
}
