import type { AnyActorRef, InspectionEvent } from "xstate";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { summaryOf } from "../wire/summary.ts";
import { type Inspection, WINDOW_MS } from "./inspection.ts";

/** Most events and snapshots reported of one actor in one window; the rest is counted. */
const MAX_IN_WINDOW = 40;
/** Most actors reported of one agent at a time; a machine may start any number. */
const MAX_ACTORS = 100;
const MAX_EVENT_CHARACTERS = 1_000;
const MAX_SNAPSHOT_CHARACTERS = 4_000;

interface WatchedActor {
  readonly name: string;
  from: number;
  reported: number;
  leftOut: number;
  /** The last snapshot that was left out; it is reported when the actor catches up. */
  latest: { readonly event: unknown; readonly snapshot: unknown } | undefined;
}

type Spoken = InspectionNote extends infer Note
  ? Note extends InspectionNote
    ? Omit<Note, "path" | "incarnation" | "actor">
    : never
  : never;

/** Reports on the actors of one agent, under names that are unique among all agents. */
export class WatchedAgent {
  readonly #path: string;
  readonly #incarnation: number;
  readonly #inspection: Inspection;
  /** Actors by XState's session id, which is unique in this thread only. */
  readonly #actors = new Map<string, WatchedActor>();
  readonly #names = new Set<string>();
  #closed = false;

  constructor(
    { path, incarnation }: { readonly path: string; readonly incarnation: number },
    inspection: Inspection,
  ) {
    this.#path = path;
    this.#incarnation = incarnation;
    this.#inspection = inspection;
  }

  readonly observe = (event: InspectionEvent): void => {
    if (this.#closed) return;
    if (event.type === "@xstate.actor") this.#register(event.actorRef as AnyActorRef);
    else if (event.type === "@xstate.event") this.#event(event);
    else if (event.type === "@xstate.snapshot") this.#snapshot(event);
  };

  /** Ends the reports: the agent has left this host. */
  close(): void {
    this.#closed = true;
    this.#actors.clear();
  }

  /** Reports the latest snapshots of the actors that had too many to report. */
  catchUp(): void {
    for (const actor of this.#actors.values()) {
      if (actor.leftOut > 0) this.#catchUpWith(actor);
    }
  }

  #register(ref: AnyActorRef): void {
    if (this.#actors.size >= MAX_ACTORS) return;
    const parent = this.#parentOf(ref);
    // The children of an actor that is not reported are not reported either.
    if (parent === null) return;
    const name =
      parent === undefined ? this.#rootName(ref) : this.#nameOf(`${parent.name}/@${ref.id}`);
    const from = this.#inspection.clock.now();
    const actor = { name, from, reported: 0, leftOut: 0, latest: undefined };
    this.#actors.set(ref.sessionId, actor);
    this.#names.add(name);
    const config = configOf(ref);
    this.#tell(actor, {
      type: "actor",
      name: ref.id,
      ...(parent === undefined ? {} : { parent: parent.name }),
      ...(config === undefined ? {} : this.#inspection.numberOf(config)),
    });
  }

  #event(event: Extract<InspectionEvent, { readonly type: "@xstate.event" }>): void {
    const actor = this.#actors.get(event.actorRef.sessionId);
    if (actor === undefined || !this.#hasRoom(actor)) return;
    const source = this.#actors.get(event.sourceRef?.sessionId ?? "")?.name;
    this.#tell(actor, {
      type: "event",
      event: summaryOf(event.event, MAX_EVENT_CHARACTERS),
      ...(source === undefined ? {} : { source }),
    });
  }

  #snapshot({
    actorRef,
    event,
    snapshot,
  }: Extract<InspectionEvent, { readonly type: "@xstate.snapshot" }>): void {
    const actor = this.#actors.get(actorRef.sessionId);
    if (actor === undefined) return;
    const ended = (snapshot as { readonly status?: unknown }).status !== "active";
    if (ended) {
      if (actor.leftOut > 0) this.#catchUpWith(actor);
      this.#tell(actor, shown(event, snapshot));
      this.#actors.delete(actorRef.sessionId);
      this.#names.delete(actor.name);
    } else if (this.#hasRoom(actor)) this.#tell(actor, shown(event, snapshot));
    else actor.latest = { event, snapshot };
  }

  /** Counts a note of an actor; false when the actor has had its share of the window. */
  #hasRoom(actor: WatchedActor): boolean {
    const now = this.#inspection.clock.now();
    if (now - actor.from >= WINDOW_MS) {
      if (actor.leftOut > 0) this.#catchUpWith(actor);
      actor.from = now;
      actor.reported = 0;
    }
    if (actor.reported < MAX_IN_WINDOW) {
      actor.reported += 1;
      return true;
    }
    actor.leftOut += 1;
    this.#inspection.tellLater(this);
    return false;
  }

  #catchUpWith(actor: WatchedActor): void {
    const { leftOut, latest } = actor;
    actor.leftOut = 0;
    actor.latest = undefined;
    this.#tell(actor, { type: "left-out", count: leftOut });
    if (latest !== undefined) this.#tell(actor, shown(latest.event, latest.snapshot));
  }

  #tell(actor: WatchedActor, spoken: Spoken): void {
    const about = { path: this.#path, incarnation: this.#incarnation, actor: actor.name };
    this.#inspection.tell({ ...spoken, ...about });
  }

  /**
   * Returns the actor's parent; null for one that is not reported, undefined for the agent's own
   * machine.
   */
  #parentOf(ref: AnyActorRef): WatchedActor | null | undefined {
    const parent = ref._parent;
    return parent === undefined ? undefined : (this.#actors.get(parent.sessionId) ?? null);
  }

  #rootName({ id }: AnyActorRef): string {
    return this.#path === SUPERVISOR ? `/@${id}` : this.#path;
  }

  /** Returns a name that is free; two actors of one machine may have the same id. */
  #nameOf(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#names.has(name); n += 1) name = `${wanted}~${n}`;
    return name;
  }
}

/** Returns the fields of a snapshot that people look at, without the machine and other actors. */
function shown(event: unknown, snapshot: unknown): Spoken {
  const { status, value, tags, context, input, output, error } = snapshot as {
    readonly [field: string]: unknown;
  };
  return {
    type: "snapshot",
    event: summaryOf(event, MAX_EVENT_CHARACTERS),
    snapshot: summaryOf(
      { status, value, tags, context, input, output, error },
      MAX_SNAPSHOT_CHARACTERS,
    ) as Json,
  };
}

/** Returns a machine's definition; undefined for other logic. */
function configOf(ref: AnyActorRef): object | undefined {
  const { logic } = ref as unknown as { readonly logic?: { readonly config?: unknown } };
  const config = logic?.config;
  const isChart = typeof config === "object" && config !== null && !Array.isArray(config);
  return isChart ? config : undefined;
}
