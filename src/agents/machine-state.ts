import type { AnyActor, AnyActorRef, AnyMachineSnapshot } from "xstate";
import { CoppiceError } from "../errors.ts";
import type { Json } from "../wire/json.ts";
import type { MachineState } from "../wire/machine-state.ts";
import { type DecodedValue, decodeValue, encodeValue } from "./encoded-value.ts";
import { KeptValue } from "./kept-value.ts";

/** A value as it travels: as JSON, and encoded too when JSON cannot represent all of it. */
export interface Kept {
  readonly plain: Json;
  readonly encoded?: string;
}

/** Returns what is kept of a single value that a machine in the system of `root` has. */
export function keepValue(value: unknown, what: string, root: AnyActor): Kept {
  const kept = new KeptValue(what, root);
  const plain = kept.copy(value, root) ?? null;
  return { plain, ...(kept.isRich ? { encoded: encodeValue(value, what, root) } : {}) };
}

export function restoreState({ machine, encoded }: MachineState): DecodedValue {
  return restoreKept({ plain: machine, ...(encoded === undefined ? {} : { encoded }) });
}

/** Returns a kept value as a machine has it; `refer` replaces its references by actors. */
export function restoreKept({ plain, encoded }: Kept): DecodedValue {
  if (encoded !== undefined) return decodeValue(encoded);
  // XState modifies what it restores.
  return { value: structuredClone(plain), refer: () => undefined };
}

/**
 * Returns what XState persists of an actor, but without XState's walk through the context. That
 * walk does not end for a context that refers to itself, and it takes an actor that has ended for
 * the one that has its id now.
 */
export function persistedOf(actor: AnyActorRef): unknown {
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
    const message = `The machine started "${id}" by a name that setup({ actors }) does not have`;
    throw new CoppiceError("MACHINE_INVALID", message, { id });
  }
  const {
    src,
    systemId,
    _syncSnapshot: syncSnapshot,
  } = child as AnyActor & {
    readonly _syncSnapshot?: boolean;
  };
  if (typeof src === "string") return { snapshot: persistedOf(child), src, systemId, syncSnapshot };
  const message =
    `The machine spawned "${id}" from logic given inline, which cannot be found again by a name. ` +
    "Register it in setup({ actors: { yourName: logic } }) and spawn it by that name: " +
    'spawn("yourName")';
  throw new CoppiceError("MACHINE_INVALID", message, { id });
}

function isMachineSnapshot(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === "object" && snapshot !== null && "machine" in snapshot;
}
