import { MessageChannel, type MessagePort } from "node:worker_threads";
import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import {
  type ComputeModule,
  type ComputeTask,
  isFromCompute,
  type ToCompute,
} from "../wire/compute.ts";
import { describe } from "../wire/error-codec.ts";
import { type Life, startLife } from "./life.ts";
import type { Thread, ThreadPool } from "./pool.ts";

/** Something to be done on a thread of a module. */
export interface ComputeWork {
  readonly module: ComputeModule;
  /** Left out: only the import is wanted. */
  readonly call?: ToCompute;
  /** The call begins on its thread. */
  readonly onBegin?: () => void;
  readonly onProgress?: (fraction: number, message?: string) => void;
  readonly settle: (value: unknown) => void;
  readonly fail: (error: Error) => void;
}

export interface ComputeThreadOptions {
  readonly id: string;
  readonly module: ComputeModule;
  readonly pool: ThreadPool;
  readonly clock: Clock;
  readonly importTimeoutMs: number;
  readonly killMs: number;
  /** It can take other work, or its state has changed. */
  readonly onChange: () => void;
}

/** A thread that serves one module, one call at a time. */
export class ComputeThread {
  readonly module: ComputeModule;
  readonly #options: ComputeThreadOptions;
  readonly #life: Life;
  readonly #port: MessagePort;
  readonly #far: MessagePort;
  #thread: Thread | undefined;
  #work: ComputeWork | undefined;
  #why: Error | undefined;
  #importing: unknown;

  /** Begins the thread with its first work. */
  constructor(options: ComputeThreadOptions, work: ComputeWork) {
    const { id, module, clock, killMs, onChange } = options;
    this.#options = options;
    this.module = module;
    this.#work = work;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#far = port2;
    this.#life = startLife(id, killMs, clock, {
      announceStarted: () => this.#begin(),
      // A call may keep its thread busy for as long as its time-out allows.
      announceSuspect: () => undefined,
      terminate: () => {
        this.#fail();
        this.#thread?.terminate();
      },
      announceStuck: () => {
        this.#thread?.release();
        this.#port.close();
        onChange();
      },
      announceGone: (reason) => {
        this.#why ??= new Error(reason);
        this.#fail();
        this.#port.close();
        onChange();
      },
    });
    this.#port.on("message", (message: unknown) => this.#receive(message));
    this.#port.on("messageerror", () => this.end(new Error("it sent what cannot be read")));
    this.#launch();
  }

  /** It has work, or can be given some. */
  get isLiving(): boolean {
    return this.#life.living;
  }

  get isIdle(): boolean {
    return this.#life.state === "ready" && this.#work === undefined;
  }

  /** It was ended and lives on in something that cannot be interrupted. */
  get isStuck(): boolean {
    return this.#life.state === "stuck";
  }

  get isGone(): boolean {
    return this.#life.state === "gone";
  }

  /** Resolves when it is gone or stuck. */
  get ended(): Promise<void> {
    return this.#life.ended;
  }

  /** Gives work to an idle thread. */
  take(work: ComputeWork): void {
    this.#work = work;
    this.#begin();
  }

  /** Ends the thread, and with it what it does: that fails at once with `why`. */
  end(why: Error): void {
    this.#why ??= why;
    this.#life.send({ type: "host.condemned", reason: why.message });
  }

  /** Ends the thread if this is what it does: there is no other way to stop it. */
  abandon(work: ComputeWork): void {
    if (this.#work === work) this.end(new Error("it was cancelled"));
  }

  #launch(): void {
    const { pool, clock, module, importTimeoutMs } = this.#options;
    const task: ComputeTask = { port: this.#far, url: module.url };
    try {
      this.#thread = pool.start(task, {
        onCrash: (reason) => this.end(new Error(reason)),
        onOutOfMemory: (reason) => this.end(new CoppiceError("OUT_OF_MEMORY", reason)),
        isIdle: () => this.isIdle,
        onExit: (reason) => this.#life.send({ type: "host.exited", reason }),
      });
    } catch (error) {
      this.#life.send({ type: "host.exited", reason: describe(error) });
      return;
    }
    this.#importing = clock.setTimeout(
      () => this.end(unfit(module, `it was not imported in ${importTimeoutMs} ms`)),
      importTimeoutMs,
    );
  }

  #receive(message: unknown): void {
    if (!this.#life.living) return;
    if (!isFromCompute(message)) return this.end(new Error("it sent something that is no answer"));
    switch (message.type) {
      case "ready":
        this.#options.clock.clearTimeout(this.#importing);
        return this.#life.send({ type: "host.started" });
      case "unfit":
        return this.end(unfit(this.module, message.reason));
      case "progress":
        return this.#work?.onProgress?.(message.fraction, message.message);
      case "finished":
        return this.#done()?.settle(message.value);
      case "threw":
        return this.#done()?.fail(new Error(message.reason));
    }
  }

  #begin(): void {
    const work = this.#work;
    if (work === undefined) return;
    if (work.call === undefined) {
      this.#done()?.settle(undefined);
      return;
    }
    work.onBegin?.();
    try {
      this.#port.postMessage(work.call);
    } catch (error) {
      this.#done()?.fail(new Error(`its input cannot be handed to a thread: ${describe(error)}`));
    }
  }

  #done(): ComputeWork | undefined {
    const work = this.#work;
    this.#work = undefined;
    // Behind whoever hears of the end, and never within it.
    queueMicrotask(this.#options.onChange);
    return work;
  }

  #fail(): void {
    this.#options.clock.clearTimeout(this.#importing);
    this.#done()?.fail(this.#why ?? new Error("its thread has ended"));
  }
}

function unfit({ url }: ComputeModule, reason: string): CoppiceError {
  const told = `The module ${url} of a compute tool is of no use: ${reason}`;
  return new CoppiceError("OPTIONS_INVALID", told, { url });
}
