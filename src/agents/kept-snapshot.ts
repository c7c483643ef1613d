import type { AnyActorRef } from "xstate";
import type { Json } from "../wire/json.ts";
import { ownChildren } from "./actor-refs.ts";
import type { KeptValue } from "./kept-value.ts";

/** An object by the names of its fields. */
export type Fields = { readonly [name: string]: unknown };

/**
 * Copies what XState persists of an actor and of those below it as JSON; freezes their contexts.
 *
 * **Fails with** MACHINE_INVALID, naming the place of the first value that cannot be kept.
 */
export function copySnapshot(
  kept: KeptValue,
  persisted: unknown,
  owner: AnyActorRef,
): Json | undefined {
  if (!isFields(persisted)) return kept.copy(persisted, owner);
  return copyFields(kept, setFields(persisted), (field, name) => {
    if (name !== "children" || !isFields(field)) return copyField(kept, name, field, owner);
    const known = ownChildren(owner);
    return copyFields(kept, field, (child, id) => copyChild(kept, child, known?.[id]));
  });
}

/** Copies a field of an actor's snapshot other than its children. */
export function copyField(
  kept: KeptValue,
  name: string,
  field: unknown,
  owner: AnyActorRef,
): Json | undefined {
  return name === "context" ? kept.freeze(field, owner) : kept.copy(field, owner);
}

/** Copies what XState persists of an actor in its parent. */
export function copyChild(
  kept: KeptValue,
  child: unknown,
  actor: AnyActorRef | undefined,
): Json | undefined {
  const { snapshot, ...rest } = child as Fields;
  const copied = copySnapshot(kept, snapshot, actor as AnyActorRef) ?? null;
  return { snapshot: copied, ...(setFields(rest) as { readonly [name: string]: Json }) };
}

/** Returns the fields of an object that have a value; XState's own may have none. */
export function setFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function copyFields(
  kept: KeptValue,
  fields: Fields,
  copy: (field: unknown, name: string) => Json | undefined,
): Json {
  const copies: { [name: string]: Json } = {};
  for (const [name, field] of Object.entries(fields)) {
    const copied = kept.within(name, () => copy(field, name));
    if (copied !== undefined) copies[name] = copied;
  }
  return copies;
}
