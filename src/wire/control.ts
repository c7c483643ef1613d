/// <reference types="node" preserve="true" />
import type { MessagePort } from "node:worker_threads";
import type { WireError } from "./outcome.ts";

/**
 * The kind of a host: a library host runs only the library's code and has the API keys; a user-code
 * host runs modules.
 */
export type HostKind = "library" | "user-code";

/** The kind that a module is checked as. */
export type ModuleKind = "machine" | "model";

/**
 * The heartbeat of a host: the Int32 words that its thread writes and the supervisor reads, without
 * a message.
 *
 * `beats` counts; `running` is the number of the agent whose code runs (0: none), `upTo` the last
 * delivery that it has taken. User code can write here too: it only harms its own host.
 */
export const HEART = { beats: 0, running: 1, upTo: 2, words: 3 } as const;

/** The exit code of a thread that exceeded its memory limit. */
export const OUT_OF_MEMORY_EXIT = 112;

/** The start data of a host. */
export interface HostTask {
  /** The port that carries {@link ToHost} in and {@link FromHost} out. */
  readonly port: MessagePort;
  /** The port that carries calls of {@link HostControl}. */
  readonly controlPort: MessagePort;
  /** The cancel flags: one Int32 per agent, growable. */
  readonly cancelFlags: SharedArrayBuffer;
  readonly kind: HostKind;
  /** The words of {@link HEART}, as Int32. */
  readonly heart: SharedArrayBuffer;
  /** Milliseconds between two beats. */
  readonly beatMs: number;
  /** The memory limit of its thread in megabytes. Left out: memory is not measured. */
  readonly memoryMb?: number | undefined;
  /** True for a thread that is started ahead of its agent: it serves, and its task returns. */
  readonly isAhead?: boolean;
}

/** The calls to a host beside the messages of its agents. Errors are returned as values. */
export interface HostControl {
  /**
   * Begins to serve.
   *
   * @param folder for a process, which may have been started long before: where the supervisor
   *   works by now
   */
  ping(folder?: string): { readonly threadId: number };
  /** Prepares for an agent to come, and runs nothing of anybody. */
  warmUp(): void;
  /** Closes everything that the host runs and sends what is left. It runs nothing afterwards. */
  drain(): void;
  /** Imports the module and checks its default export; resolves with null when it is valid. */
  checkModule(url: string, kind: ModuleKind): Promise<WireError | null>;
}
