import { addUsage, hasLabel } from "../engine/usage-by-label.ts";
import { isPaused, type Node, subtree } from "../kernel/node.ts";
import type { Usage } from "../wire/outcome.ts";
import type { Health, Stats } from "./stats.ts";
import type { Swarm } from "./swarm.ts";
import type { TreeNode, TreeStatus } from "./tree-node.ts";
import { waitsForOf } from "./waits-for.ts";

export function treeOf(swarm: Swarm, node: Node): TreeNode {
  const { path, name, depth, incarnation, host, value, end } = node;
  const children = [...node.children.values()].map((child) => treeOf(swarm, child));
  const usage = nodeUsage(swarm, node);
  const status = statusOf(node);
  const waitsFor = status === "paused" ? undefined : waitsForOf(swarm, node);
  return {
    path,
    name,
    status,
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(value === undefined ? {} : { state: value }),
    depth,
    incarnation,
    ...(host === undefined ? {} : { host }),
    usage,
    ...(end === undefined ? {} : { outcome: end.status }),
    children,
  };
}

export function nodeUsage(swarm: Swarm, node: Node): Usage {
  const { arbiter } = swarm.parts;
  return arbiter.usage(swarm.record(node.path)?.standing ?? arbiter.root);
}

/** A filter on usage. Default: the whole tree. */
export interface UsageFilter {
  /** A node; its usage includes all agents below it. */
  readonly path?: string;
  /**
   * A label such as `tenant=acme`: every agent with it counts, at any path; `path` is ignored then.
   */
  readonly label?: string;
}

/**
 * Returns the usage of a path or a label. Fails with OPTIONS_INVALID for an invalid filter,
 * AGENT_UNKNOWN for an unknown path.
 */
export function usageFor(swarm: Swarm, filter: UsageFilter, find: (path: string) => Node): Usage {
  swarm.parts.checks.usage(filter);
  const { path = "/", label } = filter;
  return label === undefined ? nodeUsage(swarm, find(path)) : usageByLabel(swarm, label);
}

/** Sums up the usage of every agent with a label, including agents that are no longer kept. */
function usageByLabel(swarm: Swarm, label: string): Usage {
  let sum = swarm.labels.of(label);
  for (const record of swarm.records) {
    if (record.hasEnded || !hasLabel(record.labels, label)) continue;
    sum = addUsage(sum, swarm.parts.arbiter.ownUsage(record.standing));
  }
  return sum;
}

export function statsOf(swarm: Swarm): Stats {
  const { kernel, parts, modelCalls, rateLimitedCalls } = swarm;
  const { root } = kernel.tree;
  const hosts = parts.hosts.list();
  const agents: Record<TreeStatus, number> = {
    queued: 0,
    starting: 0,
    running: 0,
    waiting: 0,
    paused: 0,
    stopping: 0,
    stopped: 0,
  };
  let mailboxes = 0;
  let calls = 0;
  for (const node of subtree(root)) {
    if (node === root) continue;
    agents[statusOf(node)] += 1;
    mailboxes += node.mailbox.waiting;
    calls += node.calls.size;
  }
  return {
    agents,
    atWork: root.atWork,
    hosts: hosts.map((host) => ({
      ...host,
      agents: swarm.router.count(host.id),
    })),
    stuckThreads:
      parts.toolbox.stuckThreads + hosts.filter(({ state }) => state === "stuck").length,
    queues: {
      spawns: root.queuedBelow,
      budget: modelCalls.saved.waiting.size,
      rates: rateLimitedCalls.waiting,
    },
    mailboxes,
    calls,
    deadLetters: swarm.runs.deadLetters,
    servers: parts.toolbox.servers,
  };
}

export function statusOf(node: Node): TreeStatus {
  const active = node.status === "running" || node.status === "waiting" || node.status === "queued";
  return active && !node.slot && isPaused(node) ? "paused" : node.status;
}

export function healthOf(swarm: Swarm, phase: "running" | "stopping" | "stopped"): Health {
  const { hosts, toolbox } = swarm.parts;
  const faults = phase === "running" ? [...hosts.faults(), ...toolbox.faults] : [];
  const reasons: string[] = phase === "running" ? faults.map(notStarted) : [phase];
  for (const { id, state } of hosts.list()) {
    if (state === "stuck") reasons.push(`host ${id} is stuck`);
  }
  for (const { name, state, error } of toolbox.servers) {
    if (state === "away") reasons.push(`MCP server "${name}" is away: ${error}`);
  }
  return { live: phase !== "stopped", ready: phase === "running" && faults.length === 0, reasons };
}

function notStarted(reason: string): string {
  return `hosts cannot be started: ${reason}`;
}
