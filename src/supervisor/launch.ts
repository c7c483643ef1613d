import { availableParallelism } from "node:os";
import { Arbiter } from "../authority/arbiter.ts";
import { NOBODY } from "../engine/containment.ts";
import { MAX_CHILDREN_BYTES } from "../engine/ended-agents.ts";
import { type Outside, Present } from "../engine/outside.ts";
import { CoppiceError } from "../errors.ts";
import { ComputePool } from "../hosts/compute-pool.ts";
import { type Hosts, type HostsOptions, startHosts } from "../hosts/hosts.ts";
import { type EventListener, EventLog, type EventLogOptions } from "../journal/event-log.ts";
import { MemoryJournal } from "../journal/memory.ts";
import { Releases } from "../journal/releases.ts";
import { Retention } from "../journal/retention.ts";
import { ValueStore } from "../journal/value-store.ts";
import { ROOT_LIMITS } from "../kernel/limits.ts";
import { check } from "../specs/check.ts";
import { readFolderBounds } from "../specs/folder-bounds.ts";
import { ineffectiveOptions } from "../specs/ineffective-options.ts";
import { optionChecks } from "../specs/option-checks.ts";
import { Registry } from "../specs/registry.ts";
import { tighterLimits } from "../specs/resolved-spec.ts";
import { supervisorSchema } from "../specs/spec-schema.ts";
import type { SupervisorOptions } from "../specs/supervisor-options.ts";
import { startTelemetry } from "../telemetry/telemetry.ts";
import { Toolbox, type ToolboxEvent } from "../tools/toolbox.ts";
import { type Clock, systemClock, withLongDelays } from "../wire/clock.ts";
import { unlessAborted } from "./abort.ts";
import { inspectorOf, overheard } from "./inspection.ts";
import { SharedActors } from "./shared-actors.ts";
import { Swarm, type SwarmOptions } from "./swarm.ts";
import { statsOf } from "./views.ts";

const DEFAULT_GRACE_MS = 5_000;
const DEFAULT_HEARTBEAT_MS = 500;
const DEFAULT_APPROVAL_TIMEOUT_MS = 300_000;
const DEFAULT_KEEP_MB = 64;
const DEFAULT_WARM = 1;

/** The parts that a simulation replaces. */
export interface Surroundings {
  /** Starts the hosts. Default: threads, or the calling thread. */
  readonly startHosts?: (options: HostsOptions) => Hosts;
  /** Returns a number from 0 to below 1, for the jitter of restarts. Default `Math.random`. */
  readonly chance?: () => number;
  /** Called as soon as the swarm can run agents. */
  readonly onLaunched?: (swarm: Swarm) => void;
  /** Creates the source of the values that steps look at. Default: the {@link Present}. */
  readonly outside?: (clock: Clock) => Outside;
}

/** Checks the options of a supervisor. Fails with OPTIONS_INVALID. */
export function checkOptions(options: unknown): void {
  check(supervisorSchema, options, "Supervisor.start");
}

/** Starts all parts of a swarm; when it rejects, nothing is left running. */
export async function launch(
  options: SupervisorOptions,
  surroundings: Surroundings = {},
): Promise<Swarm> {
  const { startHosts: open = startHosts, onLaunched } = surroundings;
  const { threads = availableParallelism(), grants, budget } = options;
  const folder = readFolderBounds(options.folder ?? options.workspace);
  const limits = tighterLimits({ ...ROOT_LIMITS, ...options.limits }, folder.limits);
  const clock = withLongDelays(options.clock ?? systemClock);
  const { graceMs = DEFAULT_GRACE_MS } = options;
  const { heartbeatMs = DEFAULT_HEARTBEAT_MS } = options;
  const { prices } = options;
  const bounds = { folderBudget: folder.budget, folderGrants: folder.grants };
  const swarm = openSwarm(options, surroundings, { clock, limits, graceMs });
  const { log } = swarm;
  const { contained } = swarm;
  const { inspect = false } = options;
  const inspector = inspect === false ? undefined : await inspectorOf(swarm, inspect);
  const sharedActors = inspector && new SharedActors(clock, (notes) => inspector.takeShared(notes));
  const watch = sharedActors === undefined ? {} : { inspect: sharedActors.observe };
  const { outside } = swarm;
  const look = <Seen>(to: string, see: () => Seen) => outside.look(to, see);
  const { start } = outside;
  const world = { now: start.wall, look, shared: outside, ...watch };
  const arbiter = new Arbiter({ grants, budget, prices, ...bounds, ...world });
  arbiter.at(start.wall, start.now);
  const { hostEvents } = swarm;
  let registry: Registry | undefined;
  const toolbox = await Toolbox.start({
    tools: options.tools ?? [],
    mcpServers: options.mcpServers ?? {},
    compute: new ComputePool({
      onPrinted: (thread, print, path) => hostEvents.prints.ofThread(thread, print, path),
    }),
    clock,
    signal: options.signal,
    onEvent: (event) => contained.run(NOBODY, event.type, () => tell(swarm, event)),
    onTools: () => contained.run(NOBODY, "tools", () => registry?.refresh()),
  });
  const events = overheard(swarm, inspector);
  const cancelFlags = swarm.router.cancelFlags.buffers;
  const hosts = open({ threads, cancelFlags, events, heartbeatMs, graceMs });
  try {
    registry = new Registry(options.agents ?? {}, toolbox, threads);
    // A `priceAs` that names no price is refused before any agent runs.
    for (const model of registry.models) arbiter.prices.of(model);
    const { modules } = registry;
    await unlessAborted(options.signal, () => hosts.verify(modules));
    if (options.signal?.aborted) throw new CoppiceError("CANCELLED", "the start was aborted");
    const telemetry = await startTelemetry({
      listen: (type, listener) => log.watch(type, listener as EventListener),
      stats: () => statsOf(swarm),
    });
    swarm.begin({
      checks: optionChecks,
      arbiter,
      hosts,
      toolbox,
      registry,
      telemetry,
      inspector,
      sharedActors,
    });
    await inspector?.listen();
    hosts.keepWarm(registry.isolated, options.warm ?? DEFAULT_WARM);
    for (const { layer, ...rest } of ineffectiveOptions(options, folder, limits)) {
      log.fact("config.ineffective", "/", { layer, ...rest });
    }
  } catch (error) {
    sharedActors?.close();
    await Promise.all([hosts.stop(), toolbox.stop(), inspector?.stop()]);
    throw error;
  }
  onLaunched?.(swarm);
  return swarm;
}

/** Creates a swarm whose parts are not started yet. */
function openSwarm(
  options: SupervisorOptions,
  { chance = Math.random, ...surroundings }: Surroundings,
  bounds: Pick<SwarmOptions, "clock" | "limits" | "graceMs">,
): Swarm {
  const { clock } = bounds;
  const { approve, approvalTimeoutMs = DEFAULT_APPROVAL_TIMEOUT_MS } = options;
  const { rates, intensity, breaker, keepMb = DEFAULT_KEEP_MB } = options;
  const outside = surroundings.outside?.(clock) ?? new Present(clock);
  const releases = new Releases(outside.isReplay);
  const wall = () => (releases.isInStep ? swarm.wall : clock.wall());
  const log = openLog({ keepMb, wall, releases });
  const deciding = { approvalTimeoutMs, approve, breaker, rates, intensity };
  const swarm = new Swarm({ ...bounds, ...deciding, log, releases, chance, outside });
  return swarm;
}

/**
 * Stops all parts of a swarm after its last agent has ended: within `killMs` of the hosts and the
 * two seconds of a server that ignores its end.
 *
 * @param hurry skips the wait for parts that could still end by themselves, once it is aborted
 */
export async function closeSwarm(swarm: Swarm, hurry?: AbortSignal): Promise<void> {
  const { hosts, toolbox, telemetry, inspector, sharedActors } = swarm.parts;
  swarm.router.flush();
  await Promise.all([hosts.stop(), toolbox.stop(hurry)]);
  swarm.close();
  telemetry?.stop();
  sharedActors?.close();
  await inspector?.stop();
  swarm.log.close();
}

interface LogOptions extends Pick<EventLogOptions, "wall" | "releases"> {
  readonly keepMb: number;
}

/** Opens a log whose facts and values share `keepMb` of memory with the ended agents. */
function openLog({ keepMb, ...rest }: LogOptions): EventLog {
  const retention = new Retention(keepMb * 1024 * 1024);
  const journal = new MemoryJournal();
  // At least the bound of the ended children of living agents, which are kept apart from the rest.
  const largest = Math.max(retention.mostBytes, MAX_CHILDREN_BYTES);
  // A value is as old as the fact that is about to refer to it.
  const values = new ValueStore(largest, () => journal.last + 1);
  retention.add(journal);
  return new EventLog({ journal, values, retention, ...rest });
}

function tell({ log, inbox }: Swarm, event: ToolboxEvent): void {
  if (event.type === "tool.progress") {
    const { type, path, ...body } = event;
    return log.ephemeral(type, path, body);
  }
  const { type: fact, ...body } = event;
  inbox.post({ type: "report", fact, path: NOBODY, body });
}
