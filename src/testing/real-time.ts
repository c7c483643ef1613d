import { CoppiceError } from "../errors.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";

/** Refuses options with a part that runs in real time. Fails with OPTIONS_INVALID. */
export function refuseRealTime({ mcpServers, inspect, tools = [] }: SupervisorOptions): void {
  const isReal = tools.some(({ compute }) => compute !== undefined);
  if (mcpServers === undefined && !inspect && !isReal) return;
  const what = "MCP servers, compute tools and the inspector live in real time";
  const message = `simulate: ${what}; leave them out, or give tools of this process in their place`;
  throw new CoppiceError("OPTIONS_INVALID", message);
}
