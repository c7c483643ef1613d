import type { Json } from "./json.ts";

/** The path of the shared actors, which no agent has started. */
export const SUPERVISOR = "/";

interface NoteOfActor {
  /** The path of the agent that owns the actor; {@link SUPERVISOR} for the shared ones. */
  readonly path: string;
  readonly incarnation: number;
  /** The agent's path for its machine; for every other actor the path, `/@` and the id. */
  readonly actor: string;
}

/**
 * A host's note on an actor that runs in it, when the supervisor is inspected. Notes are summaries:
 * bounded, without secrets, and throttled for very busy actors. They are never kept.
 */
export type InspectionNote =
  | (NoteOfActor & {
      readonly type: "actor";
      /** The actor that started it; left out for an agent's own machine. */
      readonly parent?: string;
      readonly name: string;
      /** The number of the machine's definition on its host. */
      readonly machine?: number;
      /** The definition, sent once for each machine and host. */
      readonly definition?: Json;
    })
  | (NoteOfActor & {
      readonly type: "event";
      /** The sender, when it is an actor of the same agent. */
      readonly source?: string;
      readonly event: Json;
    })
  | (NoteOfActor & { readonly type: "snapshot"; readonly event: Json; readonly snapshot: Json })
  /**
   * The number of events and snapshots left out since the last note, because the actor was too
   * busy.
   */
  | (NoteOfActor & { readonly type: "left-out"; readonly count: number });

/** The most notes of one message: a host sends fewer in a tick, and never more. */
export const MAX_NOTES = 10_000;
