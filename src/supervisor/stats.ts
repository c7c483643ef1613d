import type { HostRow } from "../hosts/host.ts";
import type { ServerRow } from "../tools/mcp/mcp-connection.ts";
import type { TreeStatus } from "./tree-node.ts";

/** Counts of agents, hosts, queues and calls at this moment. */
export interface Stats {
  readonly agents: Readonly<Record<TreeStatus, number>>;
  readonly atWork: number;
  readonly hosts: readonly HostRow[];
  /**
   * Threads of hosts and compute tools in a blocking call that were ordered to end and have not.
   */
  readonly stuckThreads: number;
  /**
   * Queue lengths: spawns that wait for a slot, model calls that wait for a budget, calls that wait
   * for their rate.
   */
  readonly queues: { readonly spawns: number; readonly budget: number; readonly rates: number };
  /** User messages that wait in mailboxes. */
  readonly mailboxes: number;
  readonly calls: number;
  readonly deadLetters: number;
  readonly servers: readonly ServerRow[];
}

export interface Health {
  /** True until the supervisor has stopped. */
  readonly live: boolean;
  /**
   * True when the supervisor takes new agents and has hosts to run them, also while an MCP server
   * is away, `required` or not. False while hosts cannot be started; starting them is retried.
   */
  readonly ready: boolean;
  /**
   * The reasons why it is not ready, and other problems: a stuck host, an MCP server that is away.
   */
  readonly reasons: readonly string[];
}
