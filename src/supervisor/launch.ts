import { availableParallelism } from "node:os";
import { Arbiter } from "../authority/arbiter.ts";
import { startHosts } from "../hosts/hosts.ts";
import { MemoryJournal } from "../journal/memory.ts";
import { ROOT_LIMITS } from "../kernel/limits.ts";
import { Toolbox, type ToolboxEvent } from "../tools/toolbox.ts";
import { systemClock } from "../wire/clock.ts";
import { EventLog } from "./event-log.ts";
import { loosened } from "./loosening.ts";
import { tighterLimits } from "./plan.ts";
import { Registry } from "./registry.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { Swarm } from "./swarm.ts";
import { readWorkspace } from "./workspace.ts";

const DEFAULT_GRACE_MS = 5_000;
const DEFAULT_APPROVAL_TIMEOUT_MS = 300_000;

/** Starts everything a swarm works with; when it rejects nothing is left running. */
export async function launch(options: SupervisorOptions): Promise<Swarm> {
  const { threads = availableParallelism(), grants, budget } = options;
  const workspace = readWorkspace(options.workspace);
  const limits = tighterLimits({ ...ROOT_LIMITS, ...options.limits }, workspace.limits);
  const { clock = systemClock, graceMs = DEFAULT_GRACE_MS } = options;
  const { prices, rates } = options;
  const bounds = { workspaceBudget: workspace.budget, workspaceGrants: workspace.grants };
  const arbiter = new Arbiter({ grants, budget, prices, now: clock.now(), ...bounds });
  const log = new EventLog(new MemoryJournal(), () => clock.now());
  const { approve, approvalTimeoutMs = DEFAULT_APPROVAL_TIMEOUT_MS } = options;
  const swarm = new Swarm({ clock, log, limits, graceMs, rates, approvalTimeoutMs, approve });
  let registry: Registry | undefined;
  const toolbox = await Toolbox.start({
    tools: options.tools ?? [],
    mcpServers: options.mcpServers ?? {},
    clock,
    onEvent: (event) => {
      if (event.type === "mcp.connected") registry?.refresh();
      tell(log, event);
    },
  });
  const hosts = startHosts({ threads, words: swarm.places.words.buffers, events: swarm });
  try {
    registry = new Registry(options.agents ?? {}, toolbox);
    // A `priceAs` that names no price is refused before anything runs.
    for (const model of registry.models) arbiter.prices.of(model);
    await hosts.verify(registry.modules);
    swarm.begin({ arbiter, hosts, toolbox, registry });
    for (const { layer, ...rest } of loosened(options, workspace, limits)) {
      log.fact("config.loosened", "/", { layer, ...rest });
    }
  } catch (error) {
    await Promise.all([hosts.stop(), toolbox.stop()]);
    arbiter.stop();
    throw error;
  }
  return swarm;
}

/** Ends everything a swarm worked with, once its last agent is gone. */
export async function land(swarm: Swarm): Promise<void> {
  const { hosts, toolbox, arbiter } = swarm.parts;
  swarm.places.flush();
  await Promise.all([hosts.stop(), toolbox.stop()]);
  swarm.close();
  arbiter.stop();
  swarm.log.close();
}

function tell(log: EventLog, event: ToolboxEvent): void {
  if (event.type === "tool.progress") {
    const { type, path, ...body } = event;
    return log.ephemeral(type, path, body);
  }
  const { type, ...body } = event;
  log.fact(type, "/", body);
}
