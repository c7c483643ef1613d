import type { HostState } from "../../machines/host.ts";
import type { Blame, HostFault, Running } from "../kernel/blame.ts";
import type { HostKind, ModuleKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Printed } from "../wire/printed.ts";

export type { HostState } from "../../machines/host.ts";
export type { HostKind, ModuleKind } from "../wire/control.ts";

/** A host of its own for an agent. */
export interface PlacedAlone extends HostBounds {
  readonly level: "thread" | "process";
}

/** What the host of one agent may use. */
export interface HostBounds {
  /** Megabytes. Default: Node's own limit for a thread, 512 for a process. */
  readonly memoryMb?: number | undefined;
  /** Of processor time; of a process. */
  readonly cpuSeconds?: number | undefined;
  /** Files, sockets and pipes at a time; of a process. */
  readonly openFiles?: number | undefined;
}

/** A place where agents live. Its identity is its port: what arrives through it, it has said. */
export interface Host {
  /** `house-1`, `guest-2` or `inline`; never used twice by the same supervisor. */
  readonly id: string;
  readonly kind: HostKind;
  readonly state: HostState;
  /** It may be given agents: it has not been told to end. */
  readonly living: boolean;
  /** False while it waits to be launched: nothing of it runs yet. Left out: it does. */
  readonly launched?: boolean;
  /** Agents placed here. The supervisor writes it; placement reads it. */
  load: number;
  /** Set where the host is for one agent alone. */
  readonly isolation?: PlacedAlone["level"] | undefined;
  /** That one agent, until it has left. The supervisor writes it; placement reads it. */
  resident?: Pick<Running, "path" | "incarnation"> | undefined;
  /** Who holds its thread in this moment. Left out: nobody can tell. */
  readonly running?: readonly Running[];
  /**
   * Sends one message.
   *
   * **Guarantees** order; what is posted before the host has started waits for it. A host that
   * is ending takes nothing: whoever posts keeps what no frame has covered.
   * **Fails with** a `DataCloneError`, at once, when the message cannot be cloned.
   */
  post(message: ToHost): void;
  /** Ends this place now, with everything in it. Safe to call twice; the first reason is kept. */
  condemn(reason: string): void;
}

/** Something that a host has said, or that has become of it. */
type EventOf<Why> =
  | { readonly type: "frames"; readonly message: FromHost }
  | { readonly type: "started" }
  /** Its heartbeat is missed; it may only be slow. */
  | { readonly type: "suspect" }
  /** Something there was printed that no message has told of. */
  | { readonly type: "printed"; readonly print: Printed }
  /**
   * It was told to end. Every frame posted before was heard, nothing is heard of it any more: its
   * agents can go on elsewhere. `lost` or `stuck` follows.
   */
  | ({ readonly type: "fenced"; readonly reason: string } & Why)
  /** Its thread outlived the order to end by `killMs`; `lost` may follow after all. */
  | ({ readonly type: "stuck" } & Why)
  /**
   * It has ended: its thread has exited, and every frame posted before that was heard. Told once
   * per host; not told of hosts that `stop()` ended, nor of those that were only for the check of
   * a module, which was good.
   */
  | ({ readonly type: "lost"; readonly reason: string } & Why);

/** As a host itself tells it, with the fault that has ended it, if one has. */
export type PlaceEvent = EventOf<{ readonly fault?: HostFault | undefined }>;

/** As it is told of a host, with who is to blame where a fault has ended it. */
export type HostEvent = EventOf<{ readonly blame?: Blame | undefined }>;

interface Listener<Heard> {
  hear(host: Host, event: Heard): void;
  /** Who lives on the host and has this number in its running cell. */
  whoIs(host: Host, number: number): Pick<Running, "path" | "incarnation"> | undefined;
}

/** Who hears of hosts. */
export type HostListener = Listener<HostEvent>;

/** Who opens hosts, and hears what they tell. */
export type PlaceListener = Listener<PlaceEvent>;

/** A module to be imported and looked at before anything depends on it. */
export interface ModuleRef {
  readonly url: string;
  readonly kind: ModuleKind;
}

/** A host as the one who opened it sees it. */
export interface Place extends Host {
  /** Resolves when it runs agents; rejects with `HOST_LOST` when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when nobody has to wait for it any longer: gone, or stuck. */
  readonly ended: Promise<void>;
  /** Begins to start it, after a delay. */
  launch(delayMs: number): void;
  /** Rejects with the module's error, or with `HOST_LOST` at the deadline or the host's end. */
  check(module: ModuleRef, deadlineMs: number): Promise<void>;
  /** Lets it close what it runs. */
  drain(deadlineMs: number): Promise<void>;
}
