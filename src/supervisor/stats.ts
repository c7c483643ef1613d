import type { HostRow } from "../hosts/hosts.ts";
import type { ServerRow } from "../tools/mcp/mcp-connection.ts";
import type { TreeStatus } from "./tree-node.ts";

/** Counts of what lives and waits now. */
export interface Stats {
  readonly agents: Readonly<Record<TreeStatus, number>>;
  readonly atWork: number;
  readonly hosts: readonly HostRow[];
  /** Threads of hosts and compute tools in a blocking call that outlived the order to end. */
  readonly stuckThreads: number;
  /** Spawns that wait for a slot, model calls that wait for a budget, calls for their rate. */
  readonly queues: { readonly spawns: number; readonly budget: number; readonly rates: number };
  /** User messages that wait. */
  readonly mailboxes: number;
  readonly calls: number;
  readonly deadLetters: number;
  readonly servers: readonly ServerRow[];
}

export interface Health {
  /** The supervisor has not stopped. */
  readonly live: boolean;
  /**
   * It takes new agents and has where to run them, also while an MCP server is away, `required`
   * or not. False while hosts cannot be started, which is tried again by itself.
   */
  readonly ready: boolean;
  /** Why not, and what else is amiss: a host that is stuck, an MCP server that is away. */
  readonly reasons: readonly string[];
}
