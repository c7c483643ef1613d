import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

/** How a kind of connection is made, watched and ended. */
export interface Line {
  readonly transport: Transport;
  /** Why it ended, when that is known. */
  readonly how: () => string | undefined;
  /** The same text without what was given in confidence to reach it. */
  readonly conceal: (text: string) => string;
  readonly close: (hurry?: AbortSignal) => Promise<void>;
}
