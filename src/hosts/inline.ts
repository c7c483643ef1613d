import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import { describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import type { HostHandle, HostListener, ModuleRef } from "./host.ts";
import { InlineWire } from "./inline-wire.ts";
import { type Life, startLife } from "./life.ts";
import { LivingHost } from "./living-host.ts";

/** The runtime of the agents on an inline host. */
export interface InlineRuntime {
  receive(message: ToHost): void;
  checkModule(url: string, kind: ModuleRef["kind"]): Promise<void>;
  close(): void;
}

/** Clock and schedule of the runtime. Left out: its own. */
export interface InlineTiming {
  readonly clock?: Clock;
  readonly schedule?: (flush: () => void) => void;
}

export type CreateInlineRuntime = (
  options: InlineTiming & {
    readonly post: (message: FromHost) => void;
    readonly cancelFlags: Int32Array;
    readonly env: Readonly<Record<string, string>>;
  },
) => InlineRuntime;

export interface InlineHostOptions {
  readonly id: string;
  readonly cancelFlags: SharedArrayBuffer;
  readonly env: Readonly<Record<string, string>>;
  readonly events: HostListener;
  readonly clock: Clock;
  readonly killMs: number;
  /**
   * Runs a delivery later. Each call delivers the next message, so they stay in order in any case.
   */
  readonly schedule: (deliver: () => void) => void;
  readonly timing: InlineTiming;
  /** Creates the runtime. Default: the agents' own, loaded when the host is launched. */
  readonly createRuntime?: CreateInlineRuntime;
}

/**
 * A host in the calling thread, behind the same wire: every message is delivered later.
 * It cannot be interrupted. An error thrown in it ends it, as it would end a thread.
 */
export class InlineHost extends LivingHost implements HostHandle {
  readonly id: string;
  readonly kind: HostKind = "library";
  readonly #options: InlineHostOptions;
  protected readonly life: Life;
  readonly #wire = new InlineWire();
  readonly #inbox: ToHost[] = [];
  readonly #outbox: FromHost[] = [];
  #runtime: InlineRuntime | undefined;

  constructor(options: InlineHostOptions) {
    super();
    const { id, killMs, clock, events } = options;
    this.id = id;
    this.#options = options;
    this.life = startLife(id, killMs, clock, {
      announceStarted: () => events.hear(this, { type: "started" }),
      announceSuspect: () => events.hear(this, { type: "suspect" }),
      terminate: () => this.#terminate(),
      announceStuck: () => events.hear(this, { type: "stuck" }),
      announceGone: (reason) => {
        while (this.#outbox.length > 0) this.#emit();
        events.hear(this, { type: "lost", reason });
      },
    });
  }

  post(message: ToHost): void {
    if (!this.living) return;
    this.#inbox.push(this.#wire.toHost(message));
    if (this.#runtime !== undefined) this.#options.schedule(() => this.#deliver());
  }

  launch(): void {
    const { createRuntime } = this.#options;
    if (createRuntime !== undefined) {
      this.#run(createRuntime);
      return;
    }
    // Loaded only here, so that a supervisor with threads does not load the agents' side.
    import("../agents/host-runtime.ts").then(
      ({ createHostRuntime }) => this.#run(createHostRuntime),
      (error) => this.terminate(describe(error)),
    );
  }

  async check({ url, kind }: ModuleRef, deadlineMs: number): Promise<void> {
    await this.ready;
    const { clock } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = clock.setTimeout(() => {
      const what = `Host ${this.id} did not import ${url} in ${deadlineMs} ms`;
      late.reject(new CoppiceError("HOST_LOST", what, { host: this.id }));
    }, deadlineMs);
    try {
      await Promise.race([this.#runtime?.checkModule(url, kind), late.promise]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async drain(): Promise<void> {
    // The end of the host closes the runtime in this same thread.
  }

  #run(create: CreateInlineRuntime): void {
    if (!this.living) return;
    const { cancelFlags, env, schedule, timing } = this.#options;
    try {
      this.#runtime = create({
        post: (message) => this.#send(message),
        cancelFlags: new Int32Array(cancelFlags),
        env,
        ...timing,
      });
    } catch (error) {
      this.terminate(describe(error));
      return;
    }
    this.life.send({ type: "host.started" });
    for (const _ of this.#inbox) schedule(() => this.#deliver());
  }

  #deliver(): void {
    const message = this.#inbox.shift();
    if (message === undefined || !this.living) return;
    try {
      this.#runtime?.receive(message);
    } catch (error) {
      this.terminate(describe(error));
    }
  }

  #send(message: FromHost): void {
    if (this.state === "gone") return;
    this.#outbox.push(this.#wire.fromHost(message));
    this.#options.schedule(() => this.#emit());
  }

  #emit(): void {
    const message = this.#outbox.shift();
    if (message !== undefined) this.#options.events.hear(this, { type: "frames", message });
  }

  #terminate(): void {
    this.#inbox.length = 0;
    let reason = "it was closed";
    try {
      this.#runtime?.close();
    } catch (error) {
      reason = `it was closed and said ${describe(error)}`;
    }
    // Deferred, as a thread's exit would be, and never within the call that terminated the host.
    this.#options.schedule(() => this.life.send({ type: "host.exited", reason }));
  }
}
