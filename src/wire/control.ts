/// <reference types="node" preserve="true" />
import type { MessagePort } from "node:worker_threads";
import type { WireError } from "./outcome.ts";

/** A house host runs only our code and holds the API keys; a guest host runs users' modules. */
export type HostKind = "house" | "guest";

/** What a machine or model module is checked as. */
export type ModuleKind = "machine" | "model";

/**
 * A host's heart: the words that its thread writes and the supervisor reads, without a message.
 *
 * `beats` counts; `running` is the number of the agent whose code runs (0: nobody's), `upTo` the
 * last delivery that it has taken in. A guest can write here too: it only harms its own host.
 */
export const HEART = { beats: 0, running: 1, upTo: 2, words: 3 } as const;

/** With this code a thread exits that holds more memory than it may. */
export const OUT_OF_MEMORY_EXIT = 112;

/** What a host is started with. */
export interface HostTask {
  /** Carries {@link ToHost} in and {@link FromHost} out. */
  readonly port: MessagePort;
  /** Carries calls of {@link HostControl}. */
  readonly controlPort: MessagePort;
  /** The cancel words: one Int32 per agent, growable. */
  readonly words: SharedArrayBuffer;
  readonly kind: HostKind;
  /** The words of {@link HEART}, as Int32. */
  readonly heart: SharedArrayBuffer;
  /** Milliseconds between two beats of it. */
  readonly beatMs: number;
  /** Megabytes that its thread may hold. Left out: nothing is measured. */
  readonly memoryMb?: number | undefined;
}

/** What can be asked of a host beside its agents' messages. Errors are values here. */
export interface HostControl {
  ping(): { readonly threadId: number };
  stats(): { readonly agents: number };
  /** Closes what the host runs and says what is left to say. It runs nothing afterwards. */
  drain(): void;
  /** Imports the module and looks at its default export; null when it is as it should be. */
  checkModule(url: string, kind: ModuleKind): Promise<WireError | null>;
}
