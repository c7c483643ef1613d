import { clip } from "../wire/clip.ts";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { actorEvent, type ShownActor, type StatelyEvent, stepEvent } from "./stately-event.ts";

/** Most actors shown of one agent; an honest host reports fewer. */
const MAX_OF_AGENT = 200;
/** Most machines of one host whose definition is kept; the rest is shown without. */
const MAX_MACHINES = 200;
const MAX_DEFINITION_CHARACTERS = 200_000;
const MAX_SNAPSHOT_CHARACTERS = 20_000;

type ActorNote = Extract<InspectionNote, { readonly type: "actor" }>;

/** The actors of one agent, in the order in which they were started. */
interface ShownAgent {
  readonly host: string;
  readonly actors: Map<string, ShownActor>;
}

/** All actors that live now, with their definitions and last snapshots. */
export class ShownActors {
  readonly #agents = new Map<string, ShownAgent>();
  /** Definitions by host, then by the host's own number for a machine. */
  readonly #definitions = new Map<string, Map<number, string>>();

  /** Takes a note; returns the events for viewers. A note that cannot be true has none. */
  take(host: string, note: InspectionNote, at: number): readonly StatelyEvent[] {
    const { path, actor } = note;
    if (!isOf(actor, path)) return [];
    if (note.type === "actor") return this.#register(host, note, at);
    const actors = this.#agents.get(path)?.actors;
    const shown = actors?.get(actor);
    if (shown === undefined) return [];
    if (note.type === "snapshot") {
      if (sizeOf(note.snapshot) > MAX_SNAPSHOT_CHARACTERS) return [];
      shown.snapshot = note.snapshot;
      const { status } = note.snapshot as { readonly status?: Json };
      // An agent's own machine is shown until the agent has ended.
      if (status !== "active" && actor !== path) actors?.delete(actor);
    }
    return [stepEvent(note, at)];
  }

  /** Yields the events for a new viewer. */
  *all(at: number): Generator<StatelyEvent> {
    for (const { actors } of this.#agents.values()) {
      for (const [actor, shown] of actors) yield actorEvent(actor, shown, at);
    }
  }

  /**
   * Removes an agent that has ended; returns the events of its actors that could not report their
   * end.
   */
  end(path: string, at: number): readonly StatelyEvent[] {
    const actors = [...(this.#agents.get(path)?.actors ?? [])];
    this.#agents.delete(path);
    return actors.reverse().flatMap(([actor, { snapshot }]): StatelyEvent[] => {
      const last = snapshot as { readonly [field: string]: Json };
      if (last.status !== "active") return [];
      const stopped = { ...last, status: "stopped" };
      const about = { path, incarnation: 0, actor, event: { type: "xstate.stop" } };
      return [stepEvent({ type: "snapshot", ...about, snapshot: stopped }, at)];
    });
  }

  /** Removes the actors of a host that is lost; returns the events of their ends. */
  forgetHost(host: string, at: number): readonly StatelyEvent[] {
    this.#definitions.delete(host);
    const lost = [...this.#agents].filter(([, agent]) => agent.host === host);
    return lost.flatMap(([path]) => this.end(path, at));
  }

  #register(host: string, note: ActorNote, at: number): readonly StatelyEvent[] {
    const { path, actor, parent } = note;
    const isOwn = actor === path;
    const isShared = path === SUPERVISOR;
    if (!isOwn && !isShared && (parent === undefined || !isOf(parent, path))) return [];
    // An agent that was restarted has none of its old actors.
    const isAnew = isOwn || this.#agents.get(path)?.host !== host;
    const ended = isAnew ? this.end(path, at) : [];
    if (isAnew) this.#agents.set(path, { host, actors: new Map() });
    const { actors } = this.#agents.get(path)!;
    if (actors.size >= MAX_OF_AGENT) return ended;
    const above = path.slice(0, path.lastIndexOf("/"));
    const shown: ShownActor = {
      path,
      name: isOwn ? path.slice(above.length + 1) : clip(note.name, 200),
      parentId: isOwn ? above || undefined : parent,
      definition: this.#definitionOf(host, note),
      snapshot: { status: "active" },
    };
    actors.set(actor, shown);
    return [...ended, actorEvent(actor, shown, at)];
  }

  #definitionOf(host: string, { name, machine, definition }: ActorNote): string {
    const none = JSON.stringify({ id: clip(name, 200) });
    if (machine === undefined) return none;
    const ofHost = this.#definitions.get(host) ?? new Map<number, string>();
    this.#definitions.set(host, ofHost);
    if (definition !== undefined && ofHost.size < MAX_MACHINES) {
      const text = JSON.stringify(definition);
      if (text.length <= MAX_DEFINITION_CHARACTERS) ofHost.set(machine, text);
    }
    return ofHost.get(machine) ?? none;
  }
}

function isOf(actor: string, path: string): boolean {
  const below = path === SUPERVISOR ? "/@" : `${path}/@`;
  return actor === path || (actor.startsWith(below) && actor.length < 2_000);
}

function sizeOf(value: Json): number {
  return JSON.stringify(value)?.length ?? 0;
}
