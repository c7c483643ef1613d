import { clip } from "../wire/clip.ts";
import { type InspectionNote, SUPERVISOR } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";
import { actorEvent, type ShownActor, type StatelyEvent, stepEvent } from "./stately-event.ts";

/** Actors shown of one agent; an honest host tells of fewer. */
const MOST_OF_AGENT = 200;
/** Machines of one host whose definition is kept; the rest is shown without. */
const MOST_MACHINES = 200;
const MOST_DEFINITION_CHARACTERS = 200_000;
const MOST_SNAPSHOT_CHARACTERS = 20_000;

type ActorNote = Extract<InspectionNote, { readonly type: "actor" }>;

/** The actors of one agent, in the order in which they were started. */
interface ShownAgent {
  readonly host: string;
  readonly actors: Map<string, ShownActor>;
}

/** Every actor that lives now, with its definition and its last snapshot. */
export class ShownActors {
  readonly #agents = new Map<string, ShownAgent>();
  /** By host, then by the host's own number. */
  readonly #definitions = new Map<string, Map<number, string>>();

  /** Takes a note in; answers what viewers are told: nothing of what cannot be true. */
  take(host: string, note: InspectionNote, at: number): readonly StatelyEvent[] {
    const { path, actor } = note;
    if (!isOf(actor, path)) return [];
    if (note.type === "actor") return this.#register(host, note, at);
    const actors = this.#agents.get(path)?.actors;
    const shown = actors?.get(actor);
    if (shown === undefined) return [];
    if (note.type === "snapshot") {
      if (sizeOf(note.snapshot) > MOST_SNAPSHOT_CHARACTERS) return [];
      shown.snapshot = note.snapshot;
      const { status } = note.snapshot as { readonly status?: Json };
      // An agent's own machine is shown until the agent has ended.
      if (status !== "active" && actor !== path) actors?.delete(actor);
    }
    return [stepEvent(note, at)];
  }

  /** What a viewer must be told that comes now. */
  *all(at: number): Generator<StatelyEvent> {
    for (const { actors } of this.#agents.values()) {
      for (const [actor, shown] of actors) yield actorEvent(actor, shown, at);
    }
  }

  /** The agent has ended; answers what viewers are told of actors that could not say so. */
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

  /** The host is lost, and with it every actor that ran there. */
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
    // An agent that begins anew has none of its old actors.
    const isAnew = isOwn || this.#agents.get(path)?.host !== host;
    const ended = isAnew ? this.end(path, at) : [];
    if (isAnew) this.#agents.set(path, { host, actors: new Map() });
    const { actors } = this.#agents.get(path)!;
    if (actors.size >= MOST_OF_AGENT) return ended;
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
    if (definition !== undefined && ofHost.size < MOST_MACHINES) {
      const text = JSON.stringify(definition);
      if (text.length <= MOST_DEFINITION_CHARACTERS) ofHost.set(machine, text);
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
