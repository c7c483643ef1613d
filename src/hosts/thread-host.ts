import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { HostFault, Running } from "../kernel/blame.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import { HEART, type HostKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import { decodeError, describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import { messageFrom, messageText } from "../wire/message-text.ts";
import { type Control, closedMs, firstAnswer, openControl } from "./control.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import type { HostHandle, HostHandleListener, ModuleRef, WarmableHost } from "./host.ts";
import { type Life, startLife } from "./life.ts";
import { LivingHost } from "./living-host.ts";
import type { Thread, ThreadFate, ThreadPool } from "./thread-pool.ts";

export interface ThreadHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  readonly pool: ThreadPool;
  readonly cancelFlags: SharedArrayBuffer;
  readonly events: HostHandleListener;
  readonly clock: Clock;
  /** Milliseconds from launch to its first answer. */
  readonly startMs: number;
  readonly killMs: number;
  /** Milliseconds between two checks of its heart. */
  readonly heartbeatMs: number;
  /** Milliseconds for which it may be silent once it is suspect. */
  readonly graceMs: number;
  /** Level of a host for one agent alone; left out for a shared host. */
  readonly isolation?: "thread";
}

/** The agent that ran, when it has left the host meanwhile: none of those that live there. */
const nobodyThere: Running = { path: "/", incarnation: 0 };

/** A host on a thread of its own. */
export class ThreadHost extends LivingHost implements WarmableHost {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: HostHandle["isolation"];
  soleAgent: HostHandle["soleAgent"];
  readonly #options: ThreadHostOptions;
  readonly #port: MessagePort;
  readonly #farPort: MessagePort;
  readonly #farControlPort: MessagePort;
  readonly #control: Control;
  protected readonly life: Life;
  readonly #portsClosed: Promise<void>;
  readonly #heart = new Int32Array(new SharedArrayBuffer(HEART.words * 4));
  #heartbeat: Heartbeat | undefined;
  /** Number of modules that it imports for a check; an import may take long. */
  #checks = 0;
  #fault: HostFault | undefined;
  #isFenced = false;
  #launching: unknown;
  #muted: unknown;
  #thread: Thread | undefined;
  #isLaunched = false;

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
    // A closed port keeps the event loop alive for one more turn.
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
        // Never within the step that terminated the host, because its agents move now.
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
    this.#port.on("message", (text: unknown) => this.#heard(text));
    this.#port.on("messageerror", () => this.#unreadable());
    this.#port.on("close", () => this.#closed());
  }

  get launched(): boolean {
    return this.#isLaunched;
  }

  override get ended(): Promise<void> {
    return this.life.ended.then(() => this.#portsClosed);
  }

  post(message: ToHost): void {
    if (this.living) this.#port.postMessage(messageText(message));
  }

  async warmUp(): Promise<void> {
    if (!this.#start(true)) return this.ready;
    this.#port.unref();
    this.#control.setRef(false);
    await this.#answered((remote) => remote.warmUp());
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

  #heard(text: unknown): void {
    const message = messageFrom(text) as FromHost;
    // Users' code can post anything on its host's port, and is held to account for it.
    if (message === undefined && this.kind === "library") this.#unreadable();
    else this.#options.events.hear(this, { type: "frames", message });
  }

  #unreadable(): void {
    this.terminate("it sent what cannot be read");
  }

  #launch(): void {
    if (!this.living) return;
    if (this.#thread === undefined && !this.#start(false)) return;
    this.#isLaunched = true;
    this.#thread?.watch();
    this.#port.ref();
    this.#control.setRef(true);
    const started = () => this.life.send({ type: "host.started" });
    this.#answered((remote) => remote.ping()).then(started, () => undefined);
  }

  /** Waits for its first answer. Rejects, and has ended the host, when there is none. */
  #answered(call: Parameters<Control["ask"]>[1]): Promise<void> {
    const { startMs } = this.#options;
    return firstAnswer(this.#control, call, startMs, (reason) => this.#fail("exited", reason));
  }

  /** Starts the thread; returns false, and ends the host, when none can be started. */
  #start(isAhead: boolean): boolean {
    const { pool, cancelFlags, heartbeatMs } = this.#options;
    const ports = { port: this.#farPort, controlPort: this.#farControlPort };
    const beats = { heart: this.#heart.buffer, beatMs: heartbeatMs / 2 };
    const task = { ...ports, ...beats, cancelFlags, kind: this.kind, isAhead };
    try {
      this.#thread = pool.start(task, this.#fate());
      return true;
    } catch (error) {
      this.#fault = { cause: "exited", hasRun: false, running: [] };
      this.exitWithoutStart(describe(error));
      return false;
    }
  }

  #fate(): ThreadFate {
    return {
      onCrash: (reason) => this.#fail("exited", reason),
      onOutOfMemory: (reason) => this.#fail("out-of-memory", reason),
      onPrinted: (print) => this.#options.events.hear(this, { type: "printed", print }),
      onExit: (reason) => {
        this.#accuse("exited");
        this.life.send({ type: "host.exited", reason });
      },
    };
  }

  /**
   * Checks the heartbeat by the system's time, whatever the supervisor's clock is: a thread has no
   * other time.
   */
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
      onSilent: () => this.#fail("froze", silent),
    });
  }

  /** Ends the host for a fault of the code that runs there. */
  #fail(cause: HostFault["cause"], reason: string): void {
    this.#accuse(cause);
    this.terminate(reason);
  }

  /**
   * Notes the fault and the agents that ran, unless the supervisor itself ended the host before.
   */
  #accuse(cause: HostFault["cause"]): void {
    if (!this.living) return;
    // Its heart beats from its first answer on; before that no user code runs.
    const hasRun = this.state !== "starting" || Atomics.load(this.#heart, HEART.beats) > 0;
    this.#fault = { cause, hasRun, running: this.running };
  }

  get running(): readonly Running[] {
    const number = Atomics.load(this.#heart, HEART.running);
    if (number === 0) return [];
    const who = this.#options.events.whoIs(this, number);
    return [who === undefined ? nobodyThere : { ...who, n: Atomics.load(this.#heart, HEART.upTo) }];
  }

  #terminate(): void {
    if (this.#thread !== undefined) this.#thread.terminate();
    else this.exitWithoutStart("it was never launched");
  }

  /**
   * Waits for the reason: a dying thread closes its ports right before its exit. A thread that
   * lives on without its port is of no use.
   */
  #closed(): void {
    if (!this.living) return;
    const { clock } = this.#options;
    this.#muted = clock.setTimeout(() => this.terminate("it closed its port"), closedMs);
  }

  /** Stops listening to the thread, so that its agents can continue elsewhere. */
  #fence(reason: string): void {
    if (this.#isFenced) return;
    this.#leave(reason);
    this.#options.events.hear(this, { type: "fenced", reason, fault: this.#fault });
  }

  /** Receives the messages that the thread has still sent, and releases it. */
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
      if (received !== "unreadable") this.#heard(received.message);
      received = this.#take();
    }
  }

  #take(): { readonly message: unknown } | "unreadable" | undefined {
    try {
      return receiveMessageOnPort(this.#port);
    } catch (error) {
      this.terminate(`it sent what cannot be read: ${describe(error)}`);
      return "unreadable";
    }
  }
}
