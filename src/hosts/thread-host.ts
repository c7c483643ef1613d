import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Clock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import type { ToHost } from "../wire/delivery.ts";
import { decodeError, describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import { type Control, closedMs, openControl } from "./control.ts";
import type { HostEvents, HostState, ModuleRef, Place } from "./host.ts";
import { type Life, startLife } from "./life.ts";
import type { Thread, ThreadPool } from "./pool.ts";

export interface ThreadHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  readonly pool: ThreadPool;
  readonly words: SharedArrayBuffer;
  readonly events: Required<HostEvents>;
  readonly clock: Clock;
  /** Milliseconds from launch to its first answer. */
  readonly startMs: number;
  readonly killMs: number;
}

/** A host on a thread of its own. */
export class ThreadHost implements Place {
  readonly id: string;
  readonly kind: HostKind;
  load = 0;
  readonly #options: ThreadHostOptions;
  readonly #port: MessagePort;
  readonly #farPort: MessagePort;
  readonly #farControlPort: MessagePort;
  readonly #control: Control;
  readonly #life: Life;
  readonly #portsClosed: Promise<void>;
  #launching: unknown;
  #muted: unknown;
  #thread: Thread | undefined;

  constructor(options: ThreadHostOptions) {
    const { id, kind, clock, killMs, events } = options;
    this.id = id;
    this.kind = kind;
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
    this.#life = startLife(id, killMs, clock, {
      announceStarted: () => events.onStarted(this),
      terminate: () => this.#terminate(),
      announceStuck: () => {
        this.#leave("its thread is stuck");
        this.#thread?.release();
        events.onStuck(this);
      },
      announceGone: (reason) => {
        this.#leave(reason);
        events.onLost(this, reason);
      },
    });
    this.#port.on("message", (message: FromHost) => events.onFrames(this, message));
    this.#port.on("messageerror", () => this.condemn("it sent what cannot be read"));
    this.#port.on("close", () => this.#closed());
  }

  get state(): HostState {
    return this.#life.state;
  }

  get living(): boolean {
    return this.#life.living;
  }

  get ready(): Promise<void> {
    return this.#life.ready;
  }

  get ended(): Promise<void> {
    return this.#life.ended.then(() => this.#portsClosed);
  }

  post(message: ToHost): void {
    if (this.living) this.#port.postMessage(message);
  }

  condemn(reason: string): void {
    this.#life.send({ type: "host.condemned", reason });
  }

  launch(delayMs: number): void {
    if (delayMs === 0) this.#launch();
    else this.#launching = this.#options.clock.setTimeout(() => this.#launch(), delayMs);
  }

  async check(module: ModuleRef, deadlineMs: number): Promise<void> {
    const problem = await this.#control.ask(
      `the import of ${module.url}`,
      (remote) => remote.checkModule(module.url, module.kind),
      deadlineMs,
    );
    if (problem !== null) throw decodeError(problem);
  }

  async drain(deadlineMs: number): Promise<void> {
    if (this.state !== "ready") return;
    await this.#control.ask("an orderly end", (remote) => remote.drain(), deadlineMs);
  }

  #launch(): void {
    if (!this.living) return;
    const { pool, words, startMs } = this.#options;
    const task = { port: this.#farPort, controlPort: this.#farControlPort, words, kind: this.kind };
    try {
      this.#thread = pool.start(task, {
        onCrash: (reason) => this.condemn(reason),
        onExit: (reason) => this.#life.send({ type: "host.exited", reason }),
      });
    } catch (error) {
      this.#exitWithoutThread(describe(error));
      return;
    }
    this.#control
      .ask("its first answer", (remote) => remote.ping(), startMs)
      .then(
        () => this.#life.send({ type: "host.started" }),
        (error) => this.condemn(describe(error)),
      );
  }

  #terminate(): void {
    if (this.#thread !== undefined) this.#thread.terminate();
    else this.#exitWithoutThread("it was never launched");
  }

  /** Later, as a real exit would be, and never inside the call that opened or condemned it. */
  #exitWithoutThread(reason: string): void {
    queueMicrotask(() => this.#life.send({ type: "host.exited", reason }));
  }

  /** A dying thread closes its ports a moment before its exit tells why; a mute one is no use. */
  #closed(): void {
    if (!this.living) return;
    const { clock } = this.#options;
    this.#muted = clock.setTimeout(() => this.condemn("it closed its port"), closedMs);
  }

  /** Takes what the thread has still said, and lets go of it. */
  #leave(reason: string): void {
    this.#options.clock.clearTimeout(this.#launching);
    this.#options.clock.clearTimeout(this.#muted);
    this.#control.close(reason);
    this.#drainPort();
    this.#port.close();
  }

  #drainPort(): void {
    let received = this.#take();
    while (received !== undefined) {
      if (received !== "unreadable") this.#options.events.onFrames(this, received.message);
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
