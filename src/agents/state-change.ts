import type { AnyActorRef } from "xstate";
import type { Change } from "../wire/change.ts";
import type { Json } from "../wire/json.ts";
import { isActorRef, ownChildren } from "./actor-refs.ts";
import {
  copyChild,
  copyField,
  copySnapshot,
  type Fields,
  isFields,
  setFields,
} from "./kept-snapshot.ts";
import { isPlain, type KeptValue } from "./kept-value.ts";

/** Returns how a part has changed; undefined when it has not. */
type ChangeOf = (last: unknown, now: unknown, name: string) => Change | undefined;
type CopyOf = (now: unknown, name: string) => Json | undefined;

/** Fields of a machine's snapshot that XState makes, and never changes in place. */
const OWN = new Set(["value", "historyValue"]);

/**
 * The change of a machine's state from what was kept of it to what XState persists now.
 *
 * It compares by reference, because what was kept of a context is frozen: the same object has the
 * same contents. The new parts are walked, copied and frozen by {@link KeptValue}, as in a whole
 * state.
 */
export class StateChange {
  readonly #kept: KeptValue;

  constructor(kept: KeptValue) {
    this.#kept = kept;
  }

  /** Compares what XState persists of an actor and of those below it. */
  ofSnapshot(last: unknown, now: unknown, owner: AnyActorRef): Change | undefined {
    if (Object.is(last, now)) return undefined;
    if (!isFields(last) || !isFields(now)) return set(copySnapshot(this.#kept, now, owner));
    const children = ownChildren(owner);
    return this.ofFields(
      setFields(last),
      setFields(now),
      (before, after, name) => {
        if (name === "children")
          return this.#ofChildren(before as Fields, after as Fields, children);
        if (name === "context" || OWN.has(name)) return this.ofValue(before, after, owner);
        // What is not frozen may have changed and be the same object.
        if (Object.is(before, after) && !isFields(after)) return undefined;
        return set(this.#kept.copy(after, owner));
      },
      (field, name) => copyField(this.#kept, name, field, owner),
    );
  }

  #ofChildren(
    last: Fields,
    now: Fields,
    children: Readonly<Record<string, AnyActorRef>> | undefined,
  ): Change | undefined {
    return this.ofFields(
      last,
      now,
      (before, after, id) => this.#ofChild(before as Fields, after as Fields, children?.[id]),
      (child, id) => copyChild(this.#kept, child, children?.[id]),
    );
  }

  #ofChild(last: Fields, now: Fields, actor: AnyActorRef | undefined): Change | undefined {
    return this.ofFields(
      setFields(last),
      setFields(now),
      (before, after, name) => {
        if (name === "snapshot") return this.ofSnapshot(before, after, actor as AnyActorRef);
        return Object.is(before, after) ? undefined : set(after as Json);
      },
      (field) => field as Json,
    );
  }

  /** Compares two values of a context. */
  ofValue(last: unknown, now: unknown, owner: AnyActorRef): Change | undefined {
    if (Object.is(last, now)) return undefined;
    if (Array.isArray(last) && Array.isArray(now)) return this.#ofList(last, now, owner);
    if (!isPlainObject(last) || !isPlainObject(now)) return set(this.#kept.freeze(now, owner));
    this.#kept.open(now);
    return this.ofFields(
      last,
      now,
      (before, after) => this.ofValue(before, after, owner),
      (field) => this.#kept.freeze(field, owner),
    );
  }

  /**
   * Compares the fields of two objects. Fields that follow a new one are new too, so that the
   * changed object has its fields in the order of `now`; whole numbers are in order by themselves.
   */
  ofFields(last: Fields, now: Fields, changeOf: ChangeOf, copyOf: CopyOf): Change | undefined {
    const before = Object.keys(last);
    const gone: string[] = [];
    const fields: { [name: string]: Change } = {};
    let [at, joins, isChanged] = [0, false, false];
    for (const name of Object.keys(now)) {
      const found = joins || !Object.hasOwn(last, name) ? -1 : before.indexOf(name, at);
      const change = this.#kept.within(name, () => {
        if (found >= 0) return changeOf(last[name], now[name], name);
        return set(copyOf(now[name], name));
      });
      if (found < 0) joins ||= !isIndex(name);
      else {
        for (; at < found; at += 1) gone.push(before[at] as string);
        at += 1;
      }
      if (change === undefined) continue;
      fields[name] = change;
      isChanged = true;
    }
    for (; at < before.length; at += 1) gone.push(before[at] as string);
    if (!isChanged && gone.length === 0) return undefined;
    return { type: "fields", ...(gone.length === 0 ? {} : { gone }), fields };
  }

  /** Compares what is between the items that two lists share at their beginning and end. */
  #ofList(
    last: readonly unknown[],
    now: readonly unknown[],
    owner: AnyActorRef,
  ): Change | undefined {
    this.#kept.open(now);
    const most = Math.min(last.length, now.length);
    let at = 0;
    while (at < most && Object.is(last[at], now[at])) at += 1;
    let end = 0;
    while (end < most - at && isSameFromEnd(last, now, end + 1)) end += 1;
    const [gone, count] = [last.length - at - end, now.length - at - end];
    if (gone === count) return this.#ofItems(last, now, { at, end: at + count }, owner);
    const added: Json[] = [];
    for (let index = at; index < at + count; index += 1) {
      added.push(this.#kept.within(index, () => this.#kept.freeze(now[index], owner)) ?? null);
    }
    return { type: "splice", at, gone, added };
  }

  #ofItems(
    last: readonly unknown[],
    now: readonly unknown[],
    { at, end }: { readonly at: number; readonly end: number },
    owner: AnyActorRef,
  ): Change | undefined {
    // An item that has only moved differs in everything from the one that it follows.
    const known = new Set(last.slice(at, end));
    const items: [number, Change][] = [];
    for (let index = at; index < end; index += 1) {
      const item = now[index];
      const change = this.#kept.within(index, () => {
        if (known.has(item) && item !== last[index]) return set(this.#kept.freeze(item, owner));
        return this.ofValue(last[index], item, owner);
      });
      if (change !== undefined) items.push([index, change]);
    }
    return items.length === 0 ? undefined : { type: "items", items };
  }
}

function isSameFromEnd(one: readonly unknown[], other: readonly unknown[], nth: number): boolean {
  return Object.is(one[one.length - nth], other[other.length - nth]);
}

/** Makes the change to a new value; for undefined, which JSON cannot hold, the walk says so. */
function set(value: Json | undefined): Change {
  return { type: "set", value: value ?? null };
}

function isPlainObject(value: unknown): value is Fields {
  return isFields(value) && !Array.isArray(value) && isPlain(value) && !isActorRef(value);
}

/** True for a name that an object has among its first ones, in the order of the numbers. */
function isIndex(name: string): boolean {
  return String(Number(name) >>> 0) === name && name !== "4294967295";
}
