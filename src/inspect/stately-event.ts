import type { InspectionNote } from "../wire/inspection.ts";
import type { Json } from "../wire/json.ts";

/** The release of `@statelyai/inspect` whose event format this is. */
const VERSION = "0.7.2";

interface StatelyEventCommon {
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since the epoch, as text. */
  readonly createdAt: string;
  readonly id: null;
  readonly _version: string;
}

/** An event that Stately's inspectors read, one to a message. */
export type StatelyEvent =
  | (StatelyEventCommon & {
      readonly type: "@xstate.actor";
      readonly name: string;
      readonly parentId?: string;
      /** A machine's config as JSON text. */
      readonly definition: string;
      readonly snapshot: Json;
    })
  | (StatelyEventCommon & {
      readonly type: "@xstate.event";
      readonly sourceId?: string;
      readonly event: Json;
    })
  | (StatelyEventCommon & {
      readonly type: "@xstate.snapshot";
      readonly event: Json;
      readonly snapshot: Json;
    });

/** An actor as it is shown while it lives. */
export interface ShownActor {
  readonly path: string;
  readonly name: string;
  readonly parentId: string | undefined;
  readonly definition: string;
  snapshot: Json;
}

export function actorEvent(actor: string, shown: ShownActor, at: number): StatelyEvent {
  const { path, name, parentId, definition, snapshot } = shown;
  return {
    type: "@xstate.actor",
    name,
    ...(parentId === undefined ? {} : { parentId }),
    definition,
    snapshot,
    ...common(actor, path, at),
  };
}

export function stepEvent(
  note: Exclude<InspectionNote, { readonly type: "actor" }>,
  at: number,
): StatelyEvent {
  const rest = common(note.actor, note.path, at);
  switch (note.type) {
    case "event": {
      const source = note.source === undefined ? {} : { sourceId: note.source };
      return { type: "@xstate.event", event: note.event, ...source, ...rest };
    }
    case "snapshot":
      return { type: "@xstate.snapshot", event: note.event, snapshot: note.snapshot, ...rest };
    case "left-out": {
      const event = { type: "coppice.left-out", count: note.count };
      return { type: "@xstate.event", event, ...rest };
    }
  }
}

function common(sessionId: string, path: string, at: number): StatelyEventCommon {
  const rootId = path.split("/", 2).join("/");
  return { sessionId, rootId, createdAt: String(Math.floor(at)), id: null, _version: VERSION };
}
