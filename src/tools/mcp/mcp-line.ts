import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Secrets } from "./secrets.ts";

/** A kind of connection: its transport, the cause of its end, and its close. */
export interface Line {
  readonly transport: Transport;
  /** Returns why it ended, if that is known. */
  readonly how: () => string | undefined;
  /** The secrets in its configuration. */
  readonly secrets: Secrets;
  readonly close: (hurry?: AbortSignal) => Promise<void>;
}
