import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import { describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import type { HostListener, ModuleRef, Place } from "./host.ts";
import { type Life, startLife } from "./life.ts";
import { LivingPlace } from "./living-place.ts";

/** What runs the agents of a host that is no thread. */
export interface InlineRuntime {
  receive(message: ToHost): void;
  checkModule(url: string, kind: ModuleRef["kind"]): Promise<void>;
  close(): void;
}

/** Time and turns of the runtime itself; left out: its own. */
export interface InlineTiming {
  readonly clock?: Clock;
  readonly schedule?: (flush: () => void) => void;
}

export type CreateInlineRuntime = (
  options: InlineTiming & {
    readonly post: (message: FromHost) => void;
    readonly words: Int32Array;
    readonly env: Readonly<Record<string, string>>;
  },
) => InlineRuntime;

export interface InlineHostOptions {
  readonly id: string;
  readonly words: SharedArrayBuffer;
  readonly env: Readonly<Record<string, string>>;
  readonly events: HostListener;
  readonly clock: Clock;
  readonly killMs: number;
  /** Runs a delivery later. Each call delivers one message, in order, in whatever order it runs. */
  readonly schedule: (deliver: () => void) => void;
  readonly timing: InlineTiming;
  /** Left out: the agents' own runtime, loaded when the host is launched. */
  readonly createRuntime?: CreateInlineRuntime;
}

/**
 * A host in the calling thread, behind the same wire: every message is cloned, and delivered
 * later. It cannot be interrupted; what throws in it ends it as it would end a thread.
 */
export class InlineHost extends LivingPlace implements Place {
  readonly id: string;
  readonly kind: HostKind = "house";
  readonly #options: InlineHostOptions;
  protected readonly life: Life;
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
    this.#inbox.push(structuredClone(message));
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
      (error) => this.condemn(describe(error)),
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
    // Its end closes the runtime in this same thread.
  }

  #run(create: CreateInlineRuntime): void {
    if (!this.living) return;
    const { words, env, schedule, timing } = this.#options;
    try {
      this.#runtime = create({
        post: (message) => this.#send(message),
        words: new Int32Array(words),
        env,
        ...timing,
      });
    } catch (error) {
      this.condemn(describe(error));
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
      this.condemn(describe(error));
    }
  }

  #send(message: FromHost): void {
    if (this.state === "gone") return;
    this.#outbox.push(structuredClone(message));
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
    // Later, as a thread's exit would be, and never inside the call that condemned it.
    this.#options.schedule(() => this.life.send({ type: "host.exited", reason }));
  }
}
