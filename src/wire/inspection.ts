import type { Json } from "./json.ts";

/** Whose actors the shared ones are, which no agent has started. */
export const SUPERVISOR = "/";

interface NoteOfActor {
  /** The agent whose machine it is, or belongs to; {@link SUPERVISOR} for the shared ones. */
  readonly path: string;
  readonly incarnation: number;
  /** The agent's path for its machine; below it `/@` and the id for each other actor. */
  readonly actor: string;
}

/**
 * What a host tells of the actors that run in it, when the supervisor is inspected. Summaries:
 * bounded, without secrets, and thinned for actors that are very busy. Never kept.
 */
export type InspectionNote =
  | (NoteOfActor & {
      readonly type: "actor";
      /** The actor that started it; left out for an agent's own machine. */
      readonly parent?: string;
      readonly name: string;
      /** Names the machine's definition among those of its host. */
      readonly machine?: number;
      /** Once for each machine and host. */
      readonly definition?: Json;
    })
  | (NoteOfActor & {
      readonly type: "event";
      /** Who sent it, when that was an actor of the same agent. */
      readonly source?: string;
      readonly event: Json;
    })
  | (NoteOfActor & { readonly type: "snapshot"; readonly event: Json; readonly snapshot: Json })
  /** It was too busy to tell all: so many events and snapshots since the last note. */
  | (NoteOfActor & { readonly type: "left-out"; readonly count: number });

/** The most notes of one message: a host says less than this in a tick, and never more. */
export const MOST_NOTES = 10_000;
