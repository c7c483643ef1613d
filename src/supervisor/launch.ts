import { availableParallelism } from "node:os";
import { Arbiter } from "../authority/arbiter.ts";
import { startHosts } from "../hosts/hosts.ts";
import { MemoryJournal } from "../journal/memory.ts";
import { Toolbox, type ToolboxEvent } from "../tools/toolbox.ts";
import { systemClock } from "../wire/clock.ts";
import { EventLog } from "./event-log.ts";
import { Registry } from "./registry.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { Swarm } from "./swarm.ts";

const DEFAULT_GRACE_MS = 5_000;

/** Starts everything a swarm works with; when it rejects nothing is left running. */
export async function launch(options: SupervisorOptions): Promise<Swarm> {
  const { threads = availableParallelism(), limits = {}, grants, budget } = options;
  const { clock = systemClock, graceMs = DEFAULT_GRACE_MS } = options;
  const arbiter = new Arbiter({ grants, budget });
  const log = new EventLog(new MemoryJournal(), () => clock.now());
  const swarm = new Swarm({ clock, log, limits, graceMs });
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
  const hosts = startHosts({ threads, words: swarm.places.words.buffer, events: swarm });
  try {
    registry = new Registry(options.agents ?? {}, toolbox);
    await hosts.verify(registry.modules);
    swarm.begin({ arbiter, hosts, toolbox, registry });
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
