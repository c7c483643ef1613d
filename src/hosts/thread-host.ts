import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { HostFault, Running } from "../kernel/blame.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { HEART, type HostKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import { decodeError, describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import { type Control, closedMs, openControl } from "./control.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import type { ModuleRef, Place, PlaceListener } from "./host.ts";
import { type Life, startLife } from "./life.ts";
import { LivingPlace } from "./living-place.ts";
import type { Thread, ThreadPool } from "./pool.ts";

export interface ThreadHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  readonly pool: ThreadPool;
  readonly words: SharedArrayBuffer;
  readonly events: PlaceListener;
  readonly clock: Clock;
  /** Milliseconds from launch to its first answer. */
  readonly startMs: number;
  readonly killMs: number;
  /** Milliseconds between two checks of its heart. */
  readonly heartbeatMs: number;
  /** Milliseconds for which it may be silent once it is suspect. */
  readonly graceMs: number;
  /** Set where it is for one agent alone. */
  readonly isolation?: "thread";
}

/** Whoever ran has left the host meanwhile: it is known, and nobody who lives there. */
const nobodyHere: Running = { path: "/", incarnation: 0 };

/** A host on a thread of its own. */
export class ThreadHost extends LivingPlace implements Place {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: Place["isolation"];
  resident: Place["resident"];
  readonly #options: ThreadHostOptions;
  readonly #port: MessagePort;
  readonly #farPort: MessagePort;
  readonly #farControlPort: MessagePort;
  readonly #control: Control;
  protected readonly life: Life;
  readonly #portsClosed: Promise<void>;
  readonly #heart = new Int32Array(new SharedArrayBuffer(HEART.words * 4));
  #heartbeat: Heartbeat | undefined;
  /** Modules that it imports for a check, which may take their time. */
  #checks = 0;
  #fault: HostFault | undefined;
  #isFenced = false;
  #launching: unknown;
  #muted: unknown;
  #thread: Thread | undefined;

  constructor(options: ThreadHostOptions) {
    super();
    const { id, kind, clock, killMs, events } = options;
    this.id = id;
    this.kind = kind;
    this.isolation = options.isolation;
    this.#options = options;
    const data = new MessageChannel();
    const control = new MessageChannel();
    this.#port = data.port1;
    this.#farPort = data.port2;
    this.#farControlPort = control.port2;
    this.#control = openControl(control.port1, id, clock);
    // A closed port is a handle for one more turn of the event loop.
    this.#portsClosed = Promise.all(
      [data.port1, control.port1].map((port) => once(port, "close")),
    ).then(() => undefined);
    this.life = startLife(id, killMs, clock, {
      announceStarted: () => {
        this.#listen();
        events.hear(this, { type: "started" });
      },
      announceSuspect: () => events.hear(this, { type: "suspect" }),
      terminate: (reason) => {
        this.#terminate();
        // Never inside the step that condemned it: agents move now.
        queueMicrotask(() => this.#fence(reason));
      },
      announceStuck: () => {
        this.#thread?.release();
        events.hear(this, { type: "stuck", fault: this.#fault });
      },
      announceGone: (reason) => {
        this.#leave(reason);
        events.hear(this, { type: "lost", reason, fault: this.#fault });
      },
    });
    this.#port.on("message", (message: FromHost) => events.hear(this, { type: "frames", message }));
    this.#port.on("messageerror", () => this.condemn("it sent what cannot be read"));
    this.#port.on("close", () => this.#closed());
  }

  get launched(): boolean {
    return this.#thread !== undefined;
  }

  override get ended(): Promise<void> {
    return this.life.ended.then(() => this.#portsClosed);
  }

  post(message: ToHost): void {
    if (this.living) this.#port.postMessage(message);
  }

  launch(delayMs: number): void {
    if (delayMs === 0) this.#launch();
    else this.#launching = this.#options.clock.setTimeout(() => this.#launch(), delayMs);
  }

  async check(module: ModuleRef, deadlineMs: number): Promise<void> {
    this.#checks += 1;
    const asked = this.#control.ask(
      `the import of ${module.url}`,
      (remote) => remote.checkModule(module.url, module.kind),
      deadlineMs,
    );
    const problem = await asked.finally(() => {
      this.#checks -= 1;
    });
    if (problem !== null) throw decodeError(problem);
  }

  async drain(deadlineMs: number): Promise<void> {
    if (this.state !== "ready") return;
    await this.#control.ask("an orderly end", (remote) => remote.drain(), deadlineMs);
  }

  #launch(): void {
    if (!this.living) return;
    const { pool, words, startMs, heartbeatMs } = this.#options;
    const ports = { port: this.#farPort, controlPort: this.#farControlPort };
    const heart = this.#heart.buffer;
    const task = { ...ports, words, kind: this.kind, heart, beatMs: heartbeatMs / 2 };
    try {
      this.#thread = pool.start(task, {
        onCrash: (reason) => this.#fail("exited", reason),
        onOutOfMemory: (reason) => this.#fail("out-of-memory", reason),
        onPrinted: (print) => this.#options.events.hear(this, { type: "printed", print }),
        onExit: (reason) => {
          this.#accuse("exited");
          this.life.send({ type: "host.exited", reason });
        },
      });
    } catch (error) {
      this.#fault = { cause: "exited", hasRun: false, running: [] };
      this.#exitWithoutThread(describe(error));
      return;
    }
    this.#control
      .ask("its first answer", (remote) => remote.ping(), startMs)
      .then(
        () => this.life.send({ type: "host.started" }),
        (error) => this.#fail("exited", describe(error)),
      );
  }

  /** By the system's time whatever the supervisor's clock is: a thread knows no other. */
  #listen(): void {
    const { heartbeatMs, graceMs } = this.#options;
    const silent = `its thread did not answer for ${graceMs} ms after it was suspect`;
    this.#heartbeat = startHeartbeat({
      heartbeatMs,
      graceMs,
      clock: systemClock,
      readBeat: () => Atomics.load(this.#heart, HEART.beats),
      excused: () => this.#checks > 0,
      onMissed: () => this.life.send({ type: "beat.missed" }),
      onSeen: () => this.life.send({ type: "beat.seen" }),
      onCondemned: () => this.#fail("froze", silent),
    });
  }

  /** Ends it for a fault of what runs there. */
  #fail(cause: HostFault["cause"], reason: string): void {
    this.#accuse(cause);
    this.condemn(reason);
  }

  /** Notes who ran, unless the supervisor itself has ended it before. */
  #accuse(cause: HostFault["cause"]): void {
    if (!this.living) return;
    // Its heart beats from its first answer on, and before that nobody's code runs.
    const hasRun = this.state !== "starting" || Atomics.load(this.#heart, HEART.beats) > 0;
    this.#fault = { cause, hasRun, running: this.running };
  }

  get running(): readonly Running[] {
    const number = Atomics.load(this.#heart, HEART.running);
    if (number === 0) return [];
    const who = this.#options.events.whoIs(this, number);
    return [who === undefined ? nobodyHere : { ...who, n: Atomics.load(this.#heart, HEART.upTo) }];
  }

  #terminate(): void {
    if (this.#thread !== undefined) this.#thread.terminate();
    else this.#exitWithoutThread("it was never launched");
  }

  /** Later, as a real exit would be, and never inside the call that opened or condemned it. */
  #exitWithoutThread(reason: string): void {
    queueMicrotask(() => this.life.send({ type: "host.exited", reason }));
  }

  /** A dying thread closes its ports a moment before its exit tells why; a mute one is no use. */
  #closed(): void {
    if (!this.living) return;
    const { clock } = this.#options;
    this.#muted = clock.setTimeout(() => this.condemn("it closed its port"), closedMs);
  }

  /** From now on nothing is heard of it, so that its agents can go on elsewhere. */
  #fence(reason: string): void {
    if (this.#isFenced) return;
    this.#leave(reason);
    this.#options.events.hear(this, { type: "fenced", reason, fault: this.#fault });
  }

  /** Takes what the thread has still said, and lets go of it. */
  #leave(reason: string): void {
    if (this.#isFenced) return;
    this.#isFenced = true;
    this.#heartbeat?.stop();
    this.#options.clock.clearTimeout(this.#launching);
    this.#options.clock.clearTimeout(this.#muted);
    this.#control.close(reason);
    this.#drainPort();
    this.#port.close();
  }

  #drainPort(): void {
    let received = this.#take();
    while (received !== undefined) {
      if (received !== "unreadable")
        this.#options.events.hear(this, { type: "frames", message: received.message });
      received = this.#take();
    }
  }

  #take(): { readonly message: FromHost } | "unreadable" | undefined {
    try {
      return receiveMessageOnPort(this.#port);
    } catch (error) {
      this.condemn(`it sent what cannot be read: ${describe(error)}`);
      return "unreadable";
    }
  }
}
