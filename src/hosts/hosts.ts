import { CoppiceError } from "../errors.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import type { Host, HostEvents, HostState, ModuleRef } from "./host.ts";
import { type CreateInlineRuntime, InlineHost, type InlineTiming } from "./inline.ts";
import { Placement } from "./placement.ts";
import { createThreadPool } from "./pool.ts";
import { ThreadHost } from "./thread-host.ts";
import { createVerifier } from "./verification.ts";

export interface HostsOptions {
  /** House hosts, and as many guest hosts, at least one; 0 hosts all in the calling thread. */
  readonly threads: number;
  /** The cancel words: one Int32 per agent, growable, apart for each kind of host. */
  readonly words: Readonly<Record<HostKind, SharedArrayBuffer>>;
  readonly events: HostEvents;
  /** Default: the process's own timers. */
  readonly clock?: Clock;
  /** Milliseconds for one module's import. Default 10_000. */
  readonly importTimeoutMs?: number;
  /** Milliseconds from a thread's launch to its first answer. Default 30_000. */
  readonly startMs?: number;
  /** Milliseconds after which a thread that does not end is stuck. Default 2_000. */
  readonly killMs?: number;
  /** Where house hosts find their two keys. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Inline: runs a delivery later. Default `setImmediate`, which lets I/O in between. */
  readonly schedule?: (deliver: () => void) => void;
  /** Inline: what runs the agents. Default: the agents' own runtime. */
  readonly createRuntime?: CreateInlineRuntime;
  /** The thread's module, for tests. Default `workers/host`. */
  readonly entry?: URL;
}

export interface HostRow {
  readonly id: string;
  readonly kind: HostKind;
  readonly state: HostState;
  readonly agents: number;
}

/** The places of one supervisor. */
export interface Hosts {
  /**
   * The place for the next agent: the least loaded living host of the kind.
   *
   * **Guarantees** an answer at once: while below their number and all in use, a new host is
   * begun, and what is posted to it waits for its thread.
   * **Fails with** `SUPERVISOR_STOPPED`.
   */
  pick(kind: HostKind): Host;
  /**
   * Imports modules where they can hurt nobody and looks at their default exports.
   *
   * **Guarantees** an end within `importTimeoutMs` for each module; a good one is imported once.
   * **Fails with** `MACHINE_INVALID`, or `OPTIONS_INVALID` for models, naming the first bad one.
   * **Gotcha** without threads an endless loop in a module cannot be interrupted.
   */
  verify(modules: readonly ModuleRef[]): Promise<void>;
  list(): readonly HostRow[];
  /** Ends every host; resolves when each has exited or is reported stuck. */
  stop(): Promise<void>;
}

const houseKeys = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"] as const;
/** Prepares the places of one supervisor. No thread is made before one is needed. */
export function startHosts(options: HostsOptions): Hosts {
  return options.threads === 0 ? startInline(options) : startThreads(options);
}

function startThreads(options: HostsOptions): Hosts {
  const { threads, words, clock = systemClock, startMs = 30_000, killMs = 2_000 } = options;
  const entry = options.entry ?? workerEntry(import.meta.url);
  const numbers = numbering();
  // Threads that are ending still count for a while, and a check may need one more.
  const maxThreads = 2 * threads + 8;

  const openKind = (kind: HostKind, env: Readonly<Record<string, string>>) => {
    const pool = createThreadPool({ kind, entry, env, maxThreads });
    const placement = new Placement({
      limit: threads,
      clock,
      events: options.events,
      open: (events) => {
        const id = `${kind}-${numbers()}`;
        const common = { id, kind, pool, events, clock, startMs, killMs };
        return new ThreadHost({ ...common, words: words[kind] });
      },
    });
    return { placement, close: () => pool.close() };
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
  const only = { placement, close: () => Promise.resolve() };
  return assemble(options, { house: only, guest: only });
}

interface KindOfHosts {
  readonly placement: Placement;
  close(): Promise<void>;
}

function assemble(options: HostsOptions, kinds: Record<HostKind, KindOfHosts>): Hosts {
  const all = [...new Set(Object.values(kinds))];
  const guests = kinds.guest.placement;
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
    await Promise.all(all.map(({ placement }) => placement.stop()));
    await Promise.all(all.map(({ close }) => close()));
  };

  return {
    pick(kind) {
      refuseWhenStopped();
      return kinds[kind].placement.pick();
    },
    async verify(modules) {
      refuseWhenStopped();
      await verifier.verify(modules).catch((error) => {
        refuseWhenStopped();
        throw error;
      });
    },
    list: () =>
      all.flatMap(({ placement }) =>
        placement.places.map(({ id, kind, state, load }) => ({ id, kind, state, agents: load })),
      ),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** The thread's module lies beside the source as source, and beside what was built as built. */
function workerEntry(here: string): URL {
  return new URL(`../../workers/host${here.endsWith(".ts") ? ".ts" : ".js"}`, here);
}

function houseEnv(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    houseKeys.flatMap((key) => {
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
