import { CoppiceError } from "../errors.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import { PROVIDER_ENVIRONMENT } from "../wire/providers.ts";
import type { Host, HostListener, HostState, ModuleRef, PlacedAlone } from "./host.ts";
import { type CreateInlineRuntime, InlineHost, type InlineTiming } from "./inline.ts";
import { createLonePools } from "./lone-pools.ts";
import { Placement, type PlacementOptions, threadsAtMost } from "./placement.ts";
import { createThreadPool } from "./pool.ts";
import { ProcessHost } from "./process-host.ts";
import { ThreadHost } from "./thread-host.ts";
import { createVerifier } from "./verification.ts";
import { workerEntry } from "./worker-entry.ts";

export interface HostsOptions {
  /** House hosts, and as many guest hosts, at least one; 0 hosts all in the calling thread. */
  readonly threads: number;
  /** The cancel words: one Int32 per agent, growable, apart for each kind of host. */
  readonly words: Readonly<Record<HostKind, SharedArrayBuffer>>;
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
  /** Where house hosts find their two keys. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Inline: runs a delivery later. Default `setImmediate`, which lets I/O in between. */
  readonly schedule?: (deliver: () => void) => void;
  /** Inline: what runs the agents. Default: the agents' own runtime. */
  readonly createRuntime?: CreateInlineRuntime;
  /** The thread's module, for tests. Default `workers/host`. */
  readonly entry?: URL;
  /** The program of a process, for tests. Default `workers/process`. */
  readonly processEntry?: URL;
}

export interface HostRow {
  readonly id: string;
  readonly kind: HostKind;
  readonly state: HostState;
  readonly agents: number;
  /** Set where the host is for one agent alone. */
  readonly isolation?: PlacedAlone["level"];
}

/** The places of one supervisor. */
export interface Hosts {
  /**
   * The place for the next agent: the least loaded living host of the kind.
   *
   * **Guarantees** an answer at once: while below their number and all in use, a new host is
   * begun, and what is posted to it waits for its thread.
   * **Gotcha** with an isolation it is a new host, for one agent; it has to be condemned once its
   * agent has left it.
   * **Fails with** `SUPERVISOR_STOPPED`.
   */
  pick(kind: HostKind, isolation?: PlacedAlone): Host;
  /**
   * Imports modules where they can hurt nobody and looks at their default exports.
   *
   * **Guarantees** an end within `importTimeoutMs` for each module; a good one is imported once.
   * **Fails with** `MACHINE_INVALID`, or `OPTIONS_INVALID` for models, naming the first bad one.
   * **Gotcha** without threads an endless loop in a module cannot be interrupted.
   */
  verify(modules: readonly ModuleRef[]): Promise<void>;
  list(): readonly HostRow[];
  /** Why hosts of some kind cannot be started at present; empty when all can. */
  faults(): readonly string[];
  /** Ends every host; resolves when each has exited or is reported stuck. */
  stop(): Promise<void>;
}

/** Prepares the places of one supervisor. No thread is made before one is needed. */
export function startHosts(options: HostsOptions): Hosts {
  return options.threads === 0 ? startInline(options) : startThreads(options);
}

function startThreads(options: HostsOptions): Hosts {
  const { threads, words, clock = systemClock, startMs = 30_000, killMs = 2_000 } = options;
  const { heartbeatMs = 500, graceMs = 5_000 } = options;
  const entry = options.entry ?? workerEntry("host");
  const program = options.processEntry ?? workerEntry("process");
  const numbers = numbering();
  const maxThreads = threadsAtMost(threads);
  const times = { clock, startMs, killMs, heartbeatMs, graceMs };

  const openKind = (kind: HostKind, env: Readonly<Record<string, string>>): KindOfHosts => {
    const pool = createThreadPool({ kind, entry, env, maxThreads });
    const lonePools = createLonePools({ kind, entry, env });
    const id = (): string => `${kind}-${numbers()}`;
    const placement = (limit: number, open: PlacementOptions["open"]): Placement =>
      new Placement({ limit, clock, events: options.events, open });
    const thread = { kind, words: words[kind], ...times };
    return {
      shared: placement(threads, (events) => new ThreadHost({ id: id(), pool, events, ...thread })),
      alone: {
        thread: placement(Number.POSITIVE_INFINITY, (events, bounds) => {
          const pool = lonePools.open(bounds?.memoryMb);
          return new ThreadHost({ id: id(), pool, events, ...thread, isolation: "thread" });
        }),
        process: placement(Number.POSITIVE_INFINITY, (events, bounds) => {
          return new ProcessHost({ id: id(), kind, program, env, bounds, events, ...times });
        }),
      },
      close: async () => {
        await Promise.all([pool.close(), lonePools.close()]);
      },
    };
  };
  return assemble(options, {
    house: openKind("house", houseEnv(options.env ?? process.env)),
    guest: openKind("guest", {}),
  });
}

function startInline(options: HostsOptions): Hosts {
  const { words, clock = systemClock, killMs = 2_000, schedule = setImmediate } = options;
  const { createRuntime } = options;
  // What the caller brings, such as a simulator's, also drives the runtime; our defaults do not.
  const timing: InlineTiming = {
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
  };
  const env = houseEnv(options.env ?? process.env);
  const numbers = numbering();
  const placement = new Placement({
    limit: 1,
    clock,
    events: options.events,
    open: (events) => {
      const number = numbers();
      const id = number === 1 ? "inline" : `inline-${number}`;
      const runtime = createRuntime === undefined ? {} : { createRuntime };
      const common = { id, words: words.house, env, events, clock, killMs, schedule, timing };
      return new InlineHost({ ...common, ...runtime });
    },
  });
  // The calling thread is what it is: whoever asks to be alone there was refused before.
  const alone = { thread: placement, process: placement };
  const only = { shared: placement, alone, close: () => Promise.resolve() };
  return assemble(options, { house: only, guest: only });
}

interface KindOfHosts {
  /** For many agents each. */
  readonly shared: Placement;
  /** For one agent each. */
  readonly alone: Readonly<Record<PlacedAlone["level"], Placement>>;
  close(): Promise<void>;
}

function assemble(options: HostsOptions, kinds: Record<HostKind, KindOfHosts>): Hosts {
  const each = Object.values(kinds);
  const all = [...new Set(each.flatMap(({ shared, alone }) => [shared, ...Object.values(alone)]))];
  const guests = kinds.guest.shared;
  // The calling thread has only one place, and nothing in it can be held apart.
  const inline = options.threads === 0;
  const verifier = createVerifier({
    importTimeoutMs: options.importTimeoutMs ?? 10_000,
    borrow: () => {
      refuseWhenStopped();
      return inline ? guests.pick() : guests.borrow();
    },
    giveBack: (place, spoilt) => {
      if (!inline) guests.giveBack(place, spoilt);
    },
  });
  let stopped: Promise<void> | undefined;
  const refuseWhenStopped = (): void => {
    if (stopped !== undefined) throw new CoppiceError("SUPERVISOR_STOPPED", "Its hosts have ended");
  };
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((placement) => placement.stop()));
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
    list: () =>
      all.flatMap(({ places }) =>
        places.map(({ id, kind, state, load, isolation }) => {
          return {
            id,
            kind,
            state,
            agents: load,
            ...(isolation === undefined ? {} : { isolation }),
          };
        }),
      ),
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

function houseEnv(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
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
