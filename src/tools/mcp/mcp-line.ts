import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Secrets } from "./secrets.ts";

/** How a kind of connection is made, watched and ended. */
export interface Line {
  readonly transport: Transport;
  /** Why it ended, when that is known. */
  readonly how: () => string | undefined;
  /** What was given in confidence to reach it. */
  readonly secrets: Secrets;
  readonly close: (hurry?: AbortSignal) => Promise<void>;
}
