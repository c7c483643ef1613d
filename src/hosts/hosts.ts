import { CoppiceError } from "../errors.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import { PROVIDER_ENVIRONMENT } from "../wire/providers.ts";
import {
  type DedicatedHost,
  type Host,
  type HostHandleListener,
  type HostListener,
  type HostRow,
  type ModuleRef,
  rowOf,
  type WarmableHost,
} from "./host.ts";
import { HostPool, type HostPoolOptions, threadsAtMost } from "./host-pool.ts";
import { type CreateInlineRuntime, InlineHost, type InlineTiming } from "./inline.ts";
import { createLonePools } from "./lone-pools.ts";
import { ProcessHost } from "./process-host.ts";
import { ThreadHost } from "./thread-host.ts";
import { createThreadPool } from "./thread-pool.ts";
import { createVerifier } from "./verification.ts";
import { WarmHosts, type WarmKind } from "./warm-hosts.ts";
import { workerEntry } from "./worker-entry.ts";

export interface HostsOptions {
  /** Most library hosts, and most user-code hosts. 0 hosts all agents in the calling thread. */
  readonly threads: number;
  /** The cancel flags: one Int32 per agent, growable, separate for each kind of host. */
  readonly cancelFlags: Readonly<Record<HostKind, SharedArrayBuffer>>;
  readonly events: HostListener;
  /** Default: the process's own timers. */
  readonly clock?: Clock;
  /** Milliseconds for one module's import. Default 10_000. */
  readonly importTimeoutMs?: number;
  /** Milliseconds from a thread's launch to its first answer. Default 30_000. */
  readonly startMs?: number;
  /** Milliseconds after which a thread that does not end is stuck. Default 2_000. */
  readonly killMs?: number;
  /** Milliseconds between two checks of a host's heart. Default 500. */
  readonly heartbeatMs?: number;
  /** Milliseconds from the suspicion that a host is frozen to its end. Default 5_000. */
  readonly graceMs?: number;
  /**
   * Environment with the providers' keys, for library hosts. Default: the process's environment.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Inline: runs a delivery later. Default `setImmediate`, which lets I/O in between. */
  readonly schedule?: (deliver: () => void) => void;
  /** Inline: creates the runtime of the agents. Default: the agents' own runtime. */
  readonly createRuntime?: CreateInlineRuntime;
  /** Module of a thread, for tests. Default `workers/host`. */
  readonly entry?: URL;
  /** Program of a process, for tests. Default `workers/process`. */
  readonly processEntry?: URL;
}

/** The hosts of one supervisor. */
export interface Hosts {
  /**
   * Returns the host for the next agent: the least loaded living host of the kind.
   *
   * **Guarantees** An answer at once: while there are fewer hosts than allowed and all are in use,
   * a new host is launched, and what is posted to it waits for its thread.
   * **Gotcha** With an isolation it is a new host, for one agent; it must be terminated once its
   * agent has left it.
   * **Fails with** `SUPERVISOR_STOPPED`.
   */
  pick(kind: HostKind, isolation?: DedicatedHost): Host;
  /**
   * Imports modules on hosts without agents and checks their default exports.
   *
   * **Guarantees** An end within `importTimeoutMs` for each module; a good one is imported once.
   * **Fails with** `MACHINE_INVALID`, or `OPTIONS_INVALID` for models, naming the first bad one.
   * **Gotcha** Without threads the calling thread imports them, and an endless loop in a module
   * cannot be interrupted.
   */
  verify(modules: readonly ModuleRef[]): Promise<void>;
  /**
   * Keeps hosts started ahead of the isolated agents of these kinds, so many of each. A `pick` with
   * an isolation takes one of them, if there is one of its kind, in place of a new one.
   */
  keepWarm(wanted: readonly WarmKind[], most: number): void;
  list(): readonly HostRow[];
  /** Reasons for which hosts of some kind cannot be started at present; empty when all can. */
  faults(): readonly string[];
  /** Ends every host. Resolves when each has exited or is reported stuck. */
  stop(): Promise<void>;
}

/** Prepares the hosts of one supervisor. A thread is started only when one is needed. */
export function startHosts(options: HostsOptions): Hosts {
  return options.threads === 0 ? startInline(options) : startThreads(options);
}

function startThreads(options: HostsOptions): Hosts {
  const { threads, cancelFlags, clock = systemClock, startMs = 30_000, killMs = 2_000 } = options;
  const { heartbeatMs = 500, graceMs = 5_000 } = options;
  const entry = options.entry ?? workerEntry("host");
  const program = options.processEntry ?? workerEntry("process");
  const numbers = numbering();
  const maxThreads = threadsAtMost(threads);
  const times = { clock, startMs, killMs, heartbeatMs, graceMs };

  const openKind = (kind: HostKind, env: Readonly<Record<string, string>>): StartedKind => {
    const pool = createThreadPool({ kind, entry, env, maxThreads });
    const lonePools = createLonePools({ kind, entry, env });
    const id = (): string => `${kind}-${numbers()}`;
    const hostPool = (limit: number, open: HostPoolOptions["open"]): HostPool =>
      new HostPool({ limit, clock, events: options.events, open });
    const thread = { kind, cancelFlags: cancelFlags[kind], ...times };
    const openAlone: StartedKind["openAlone"] = ({ level, ...bounds }, events) => {
      if (level === "process")
        return new ProcessHost({ id: id(), kind, program, env, bounds, events, ...times });
      const pool = lonePools.open(bounds.memoryMb);
      return new ThreadHost({ id: id(), pool, events, ...thread, isolation: "thread" });
    };
    const alone = (level: DedicatedHost["level"]): HostPool =>
      hostPool(Number.POSITIVE_INFINITY, (events, bounds) => {
        const isolation = { ...bounds, level };
        return warm.take({ kind, isolation }, events) ?? openAlone(isolation, events);
      });
    return {
      shared: hostPool(threads, (events) => new ThreadHost({ id: id(), pool, events, ...thread })),
      alone: { thread: alone("thread"), process: alone("process") },
      openAlone,
      close: async () => {
        await Promise.all([pool.close(), lonePools.close()]);
      },
    };
  };
  const kinds = {
    library: openKind("library", libraryEnv(options.env ?? process.env)),
    "user-code": openKind("user-code", {}),
  };
  const warm = new WarmHosts({
    clock,
    open: ({ kind, isolation }, events) => kinds[kind].openAlone(isolation, events),
    isBusy: () =>
      poolsOf(kinds).some(({ handles }) => handles.some(({ state }) => state === "starting")),
  });
  return assemble(options, kinds, warm);
}

function startInline(options: HostsOptions): Hosts {
  const { cancelFlags, clock = systemClock, killMs = 2_000, schedule = setImmediate } = options;
  const { createRuntime } = options;
  // A clock or schedule that the caller brings, such as a simulator's, also drives the runtime; the
  // defaults here do not.
  const timing: InlineTiming = {
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
  };
  const env = libraryEnv(options.env ?? process.env);
  const numbers = numbering();
  const hostPool = new HostPool({
    limit: 1,
    clock,
    events: options.events,
    open: (events) => {
      const number = numbers();
      const id = number === 1 ? "inline" : `inline-${number}`;
      const runtime = createRuntime === undefined ? {} : { createRuntime };
      const common = {
        id,
        cancelFlags: cancelFlags.library,
        env,
        events,
        clock,
        killMs,
        schedule,
        timing,
      };
      return new InlineHost({ ...common, ...runtime });
    },
  });
  // The calling thread cannot isolate an agent; specs that ask for it were refused before.
  const alone = { thread: hostPool, process: hostPool };
  const only = { shared: hostPool, alone, close: () => Promise.resolve() };
  return assemble(options, { library: only, "user-code": only });
}

/** The hosts of one kind on threads and in processes. */
interface StartedKind extends KindOfHosts {
  /** Opens a host for one agent. */
  openAlone(isolation: DedicatedHost, events: HostHandleListener): WarmableHost;
}

interface KindOfHosts {
  /** Hosts for many agents each. */
  readonly shared: HostPool;
  /** Hosts for one agent each. */
  readonly alone: Readonly<Record<DedicatedHost["level"], HostPool>>;
  close(): Promise<void>;
}

function poolsOf(kinds: Record<HostKind, KindOfHosts>): readonly HostPool[] {
  const each = Object.values(kinds);
  return [...new Set(each.flatMap(({ shared, alone }) => [shared, ...Object.values(alone)]))];
}

function assemble(
  options: HostsOptions,
  kinds: Record<HostKind, KindOfHosts>,
  warm?: WarmHosts,
): Hosts {
  const each = Object.values(kinds);
  const all = poolsOf(kinds);
  const userCode = kinds["user-code"].shared;
  // The calling thread has only one host, and cannot keep a module apart.
  const inline = options.threads === 0;
  const verifier = createVerifier({
    importTimeoutMs: options.importTimeoutMs ?? 10_000,
    borrow: () => {
      refuseWhenStopped();
      return inline ? userCode.pick() : userCode.borrow();
    },
    giveBack: (handle, spoilt) => {
      if (!inline) userCode.giveBack(handle, spoilt);
    },
  });
  let stopped: Promise<void> | undefined;
  const refuseWhenStopped = (): void => {
    if (stopped !== undefined) throw new CoppiceError("SUPERVISOR_STOPPED", "Its hosts have ended");
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...all.map((hostPool) => hostPool.stop()), warm?.stop()]);
    await Promise.all(each.map(({ close }) => close()));
  };

  return {
    pick(kind, isolation) {
      refuseWhenStopped();
      const { shared, alone } = kinds[kind];
      if (isolation === undefined || inline) return shared.pick();
      return alone[isolation.level].alone(isolation);
    },
    async verify(modules) {
      refuseWhenStopped();
      await verifier.verify(modules).catch((error) => {
        refuseWhenStopped();
        throw error;
      });
    },
    keepWarm: (wanted, most) => warm?.keep(wanted, most),
    list: () => [...all.flatMap(({ handles }) => handles.map(rowOf)), ...(warm?.rows ?? [])],
    faults: () => {
      const faults = all.map(({ fault }) => fault);
      return [...new Set(faults.filter((fault) => fault !== undefined))];
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function libraryEnv(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    PROVIDER_ENVIRONMENT.flatMap((key) => {
      const value = from[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

function numbering(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}
