import { clip } from "../wire/clip.ts";
import type { InspectionNote } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { actorEvent, type ShownActor, type StatelyEvent, stepEvent } from "./stately-event.ts";

/** Actors shown of one agent; an honest host tells of fewer. */
const MOST_OF_AGENT = 200;
/** Machines of one host whose definition is kept; the rest is shown without. */
const MOST_MACHINES = 200;
const MOST_DEFINITION_CHARACTERS = 200_000;
const MOST_SNAPSHOT_CHARACTERS = 20_000;

type ActorNote = Extract<InspectionNote, { readonly type: "actor" }>;

/** Every actor that lives now, with its definition and its last snapshot. */
export class ShownActors {
  /** By agent, then by actor, each in the order in which they were started. */
  readonly #agents = new Map<string, Map<string, ShownActor>>();
  /** By host, then by the host's own number. */
  readonly #definitions = new Map<string, Map<number, string>>();

  /** Takes a note in; answers what viewers are told, or undefined for what cannot be true. */
  take(host: string, note: InspectionNote, at: number): StatelyEvent | undefined {
    const { path, actor } = note;
    if (!isOf(actor, path)) return undefined;
    if (note.type === "actor") return this.#register(host, note, at);
    const actors = this.#agents.get(path);
    const shown = actors?.get(actor);
    if (shown === undefined) return undefined;
    if (note.type === "snapshot") {
      if (sizeOf(note.snapshot) > MOST_SNAPSHOT_CHARACTERS) return undefined;
      shown.snapshot = note.snapshot;
      const { status } = note.snapshot as { readonly status?: Json };
      // An agent's own machine is shown until the agent has ended.
      if (status !== "active" && actor !== path) actors?.delete(actor);
    }
    return stepEvent(note, at);
  }

  /** What a viewer must be told that comes now. */
  *all(at: number): Generator<StatelyEvent> {
    for (const actors of this.#agents.values()) {
      for (const [actor, shown] of actors) yield actorEvent(actor, shown, at);
    }
  }

  /** The agent has ended; answers what viewers are told when its machine could not say so. */
  end(path: string, at: number): StatelyEvent | undefined {
    const last = this.#agents.get(path)?.get(path);
    this.#agents.delete(path);
    const snapshot = last?.snapshot as { readonly [field: string]: Json } | undefined;
    if (snapshot?.status !== "active") return undefined;
    const stopped = { ...snapshot, status: "stopped" };
    const about = { path, incarnation: 0, actor: path, event: { type: "xstate.stop" } };
    return stepEvent({ type: "snapshot", ...about, snapshot: stopped }, at);
  }

  forgetHost(host: string): void {
    this.#definitions.delete(host);
  }

  #register(host: string, note: ActorNote, at: number): StatelyEvent | undefined {
    const { path, actor, parent } = note;
    const isOwn = actor === path;
    if (!isOwn && (parent === undefined || !isOf(parent, path))) return undefined;
    // An agent that begins anew elsewhere has none of its old actors.
    if (isOwn || !this.#agents.has(path)) this.#agents.set(path, new Map());
    const actors = this.#agents.get(path)!;
    if (actors.size >= MOST_OF_AGENT) return undefined;
    const above = path.slice(0, path.lastIndexOf("/"));
    const shown: ShownActor = {
      path,
      name: isOwn ? path.slice(above.length + 1) : clip(note.name, 200),
      parentId: isOwn ? above || undefined : parent,
      definition: this.#definitionOf(host, note),
      snapshot: { status: "active" },
    };
    actors.set(actor, shown);
    return actorEvent(actor, shown, at);
  }

  #definitionOf(host: string, { name, machine, definition }: ActorNote): string {
    const none = JSON.stringify({ id: clip(name, 200) });
    if (machine === undefined) return none;
    const ofHost = this.#definitions.get(host) ?? new Map<number, string>();
    this.#definitions.set(host, ofHost);
    if (definition !== undefined && ofHost.size < MOST_MACHINES) {
      const text = JSON.stringify(definition);
      if (text.length <= MOST_DEFINITION_CHARACTERS) ofHost.set(machine, text);
    }
    return ofHost.get(machine) ?? none;
  }
}

function isOf(actor: string, path: string): boolean {
  return actor === path || (actor.startsWith(`${path}/@`) && actor.length < 2_000);
}

function sizeOf(value: Json): number {
  return JSON.stringify(value)?.length ?? 0;
}
