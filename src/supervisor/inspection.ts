import { NOBODY } from "../engine/containment.ts";
import type { Host, HostEvent, HostListener } from "../hosts/host.ts";
import type { AgentRow } from "../inspect/agent-rows.ts";
import type { Inspected, Inspector, InspectorOptions } from "../inspect/inspector.ts";
import { subtree } from "../kernel/node.ts";
import type { FromHost } from "../wire/frame.ts";
import { isFromHost } from "../wire/frame-check.ts";
import { SUPERVISOR } from "../wire/inspection.ts";
import type { Swarm } from "./swarm.ts";
import { nodeUsage, statusOf } from "./views.ts";

/** Creates the inspector of a swarm, not yet listening. Its module is imported only on demand. */
export async function inspectorOf(
  swarm: Swarm,
  inspect: true | InspectorOptions,
): Promise<Inspector> {
  const { Inspector } = await import("../inspect/inspector.ts");
  const inspector = new Inspector(inspectedIn(swarm), inspect === true ? {} : inspect);
  swarm.router.inspect();
  swarm.log.watch("*", (event) => inspector.fact(event), false);
  return inspector;
}

/**
 * Passes host events to the inspector before the swarm handles them, because a frame may end the
 * actors it reports on.
 */
export function overheard(swarm: Swarm, inspector: Inspector | undefined): HostListener {
  const { hostEvents } = swarm;
  if (inspector === undefined) return hostEvents;
  return {
    hear(host, event) {
      if (event.type === "frames") show(swarm, inspector, host, event.message);
      else if (ENDS.has(event.type)) inspector.forgetHost(host.id);
      hostEvents.hear(host, event);
    },
    whoIs: (host, number) => hostEvents.whoIs(host, number),
  };
}

const ENDS: ReadonlySet<HostEvent["type"]> = new Set(["fenced", "stuck", "lost"]);

function show(swarm: Swarm, inspector: Inspector, host: Host, message: FromHost): void {
  const { inspection } = message;
  const isBelieved = host.kind === "library" || isFromHost(message);
  if (!isBelieved || inspection === undefined) return;
  swarm.contained.run(NOBODY, "inspect", () => inspector.take(host.id, inspection));
}

function inspectedIn(swarm: Swarm): Inspected {
  const { kernel } = swarm;
  return {
    now: () => swarm.clock.wall(),
    rows: () => rowsOf(swarm),
    facts: (limit) => swarm.log.newest(limit),
    budget(path) {
      const { arbiter } = swarm.parts;
      const standing = path === SUPERVISOR ? arbiter.root : swarm.record(path)?.standing;
      return standing && swarm.look(path, () => arbiter.budget(standing));
    },
    livesOn(host, path, incarnation) {
      const node = kernel.find(path);
      return node?.host === host && node.incarnation === incarnation;
    },
  };
}

function rowsOf(swarm: Swarm): readonly AgentRow[] {
  const { root } = swarm.kernel.tree;
  const rows: AgentRow[] = [supervisorRow(swarm)];
  for (const node of subtree(root)) {
    if (node === root) continue;
    const { path, value, host, end, childSpec, turns } = node;
    rows.push({
      path,
      status: statusOf(node),
      template: childSpec.template,
      turns,
      usage: nodeUsage(swarm, node),
      ...(value === undefined ? {} : { state: value }),
      ...(host === undefined ? {} : { host }),
      ...(end === undefined ? {} : { outcome: end.status }),
    });
  }
  return rows;
}

/** Returns the row of the supervisor, which owns the shared actors. */
function supervisorRow({ kernel, parts }: Swarm): AgentRow {
  const { arbiter } = parts;
  const status = kernel.tree.root.closed ? "stopping" : "running";
  return {
    ...{ path: SUPERVISOR, template: "supervisor", turns: 0 },
    status,
    usage: arbiter.usage(arbiter.root),
  };
}
