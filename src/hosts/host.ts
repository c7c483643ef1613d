import type { HostState } from "../../machines/host.ts";
import type { Blame, HostFault, Running } from "../kernel/blame.ts";
import type { HostKind, ModuleKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Printed } from "../wire/printed.ts";

export type { HostState } from "../../machines/host.ts";
export type { HostKind, ModuleKind } from "../wire/control.ts";

/** A host of its own for one agent. */
export interface DedicatedHost extends HostBounds {
  readonly level: "thread" | "process";
}

/** Limits of a host for one agent. */
export interface HostBounds {
  /** Megabytes of memory. Default: Node's own limit for a thread, 512 for a process. */
  readonly memoryMb?: number | undefined;
  /** Seconds of processor time; for a process only. */
  readonly cpuSeconds?: number | undefined;
  /** Files, sockets and pipes open at a time; for a process only. */
  readonly openFiles?: number | undefined;
}

/** A host of agents. Its port is its identity: whatever arrives through the port was sent by it. */
export interface Host {
  /** `library-1`, `user-code-2` or `inline`; never used twice by the same supervisor. */
  readonly id: string;
  readonly kind: HostKind;
  readonly state: HostState;
  /** True while it may be given agents: it has not been terminated. */
  readonly living: boolean;
  /** False while it waits to be launched and nothing of it runs. Left out: true. */
  readonly launched?: boolean;
  /** Number of agents placed here. The supervisor writes it; the host pool reads it. */
  load: number;
  /** Level of a host for one agent alone; left out for a shared host. */
  readonly isolation?: DedicatedHost["level"] | undefined;
  /** The agent of such a host, until it has left. Written by the supervisor, read by the pool. */
  soleAgent?: Pick<Running, "path" | "incarnation"> | undefined;
  /** The agents whose code runs on its thread now. Left out: it is not known. */
  readonly running?: readonly Running[];
  /**
   * Sends one message.
   *
   * **Guarantees** Messages arrive in order; one posted before the host has started waits for it. A
   * host that is ending takes none: the sender keeps what no frame has covered.
   * **Fails with** a `DataCloneError`, at once, when the message cannot be cloned.
   */
  post(message: ToHost): void;
  /** Ends this host now, with everything in it. Safe to call twice; the first reason is kept. */
  terminate(reason: string): void;
}

/** An event of a host: a message from it, or a change of its state. */
type EventOf<Why> =
  | { readonly type: "frames"; readonly message: FromHost }
  | { readonly type: "started" }
  /** Its heartbeat is missed; it may only be slow. */
  | { readonly type: "suspect" }
  /** Code there printed something that no message contains. */
  | { readonly type: "printed"; readonly print: Printed }
  /**
   * The host was terminated. Every frame posted before was received, and none is received after:
   * its agents can continue elsewhere. `lost` or `stuck` follows.
   */
  | ({ readonly type: "fenced"; readonly reason: string } & Why)
  /** Its thread has not ended `killMs` after it was terminated; `lost` may still follow. */
  | ({ readonly type: "stuck" } & Why)
  /**
   * The host has ended: its thread has exited, and every frame posted before that was received.
   * Reported once per host. Not reported for hosts that `stop()` ended, nor for those that were
   * only opened to check a module, which was good.
   */
  | ({ readonly type: "lost"; readonly reason: string } & Why);

/** An event as the host itself reports it, with the fault that has ended it, if one has. */
export type HostHandleEvent = EventOf<{ readonly fault?: HostFault | undefined }>;

/** An event as the pool reports it, with the blame if a fault has ended the host. */
export type HostEvent = EventOf<{ readonly blame?: Blame | undefined }>;

interface Listener<Heard> {
  hear(host: Host, event: Heard): void;
  /** Returns the agent on the host that has this number in its running cell. */
  whoIs(host: Host, number: number): Pick<Running, "path" | "incarnation"> | undefined;
}

/** A listener for the events of hosts. */
export type HostListener = Listener<HostEvent>;

/** A listener for the events of the host handles that it opened. */
export type HostHandleListener = Listener<HostHandleEvent>;

/** A module to import and check before anything depends on it. */
export interface ModuleRef {
  readonly url: string;
  readonly kind: ModuleKind;
}

/** A host as `stats()` shows it. */
export interface HostRow {
  readonly id: string;
  readonly kind: HostKind;
  /** `warm`: it was started ahead, and waits for an agent with isolation. */
  readonly state: HostState | "warm";
  readonly agents: number;
  /** Level of a host for one agent alone; left out for a shared host. */
  readonly isolation?: DedicatedHost["level"];
}

export function rowOf({ id, kind, state, load, isolation }: Host): HostRow {
  const alone = isolation === undefined ? {} : { isolation };
  return { id, kind, state, agents: load, ...alone };
}

/** A host that can be loaded ahead of its launch. */
export interface WarmableHost extends HostHandle {
  /**
   * Starts its thread or process and has it load what every host needs. It runs nothing, its heart
   * does not beat, and it does not keep this process alive, until it is launched.
   *
   * @returns a promise that resolves when it is loaded, and rejects when it has failed
   */
  warmUp(): Promise<void>;
}

/** A host as its opener sees it. */
export interface HostHandle extends Host {
  /** Resolves when it runs agents; rejects with `HOST_LOST` when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when the host is gone, or is stuck and not to be waited for any longer. */
  readonly ended: Promise<void>;
  /** Starts the host after a delay. */
  launch(delayMs: number): void;
  /**
   * Checks a module. Rejects with its error, or with `HOST_LOST` at the deadline or the host's end.
   */
  check(module: ModuleRef, deadlineMs: number): Promise<void>;
  /** Lets the host close what it runs. */
  drain(deadlineMs: number): Promise<void>;
}
