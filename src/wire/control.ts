import type { MessagePort } from "node:worker_threads";
import type { WireError } from "./outcome.ts";

/** A house host runs only our code and holds the API keys; a guest host runs users' modules. */
export type HostKind = "house" | "guest";

/** What a machine or model module is checked as. */
export type ModuleKind = "machine" | "model";

/** What a host is started with. */
export interface HostTask {
  /** Carries {@link ToHost} in and {@link FromHost} out. */
  readonly port: MessagePort;
  /** Carries calls of {@link HostControl}. */
  readonly controlPort: MessagePort;
  /** The cancel words: one Int32 per agent, growable. */
  readonly words: SharedArrayBuffer;
  readonly kind: HostKind;
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
