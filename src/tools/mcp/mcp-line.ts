import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

/** How a kind of connection is made, watched and ended. */
export interface Line {
  readonly transport: Transport;
  /** Why it ended, when that is known. */
  readonly how: () => string | undefined;
  readonly close: (hurry?: AbortSignal) => Promise<void>;
}
