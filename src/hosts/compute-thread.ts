import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { CoppiceError } from "../errors.ts";
import type { Clock } from "../wire/clock.ts";
import {
  type ComputeModule,
  type ComputeTask,
  isFromCompute,
  type ToCompute,
} from "../wire/compute.ts";
import { describe } from "../wire/error-codec.ts";
import type { Printed } from "../wire/printed.ts";
import { type Life, startLife } from "./life.ts";
import type { Thread, ThreadPool } from "./thread-pool.ts";

/** Work for a thread of one module. */
export interface ComputeWork {
  readonly module: ComputeModule;
  /** The call to make; left out when the module is only imported. */
  readonly call?: ToCompute;
  /** Called when the call begins on its thread. */
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
  /** @param path the agent whose call the thread serves */
  readonly onPrinted: (print: Printed, path?: string) => void;
  /** Called when the thread can take other work, or its state has changed. */
  readonly onChange: () => void;
  /**
   * Called when the thread runs, before its module is imported, or with a `failure` when the thread
   * ended before that.
   */
  readonly onLaunch: (failure?: string) => void;
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
  #hasBegun = false;

  /** Starts the thread with its first work. */
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
        if (this.#thread !== undefined) return this.#thread.terminate();
        queueMicrotask(() => this.#life.send({ type: "host.exited", reason: "never launched" }));
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

  /** True while it has work or can be given some. */
  get isLiving(): boolean {
    return this.#life.living;
  }

  get isIdle(): boolean {
    return this.#life.state === "ready" && this.#work === undefined;
  }

  /** True when it was ended and lives on in something that cannot be interrupted. */
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

  /** Ends the thread. Its work fails at once with `why`. */
  end(why: Error): void {
    this.#why ??= why;
    this.#life.send({ type: "host.terminated", reason: why.message });
  }

  /** Ends the thread if it does this work; there is no other way to stop it. */
  abandon(work: ComputeWork): void {
    if (this.#work === work) this.end(new Error("it was cancelled"));
  }

  #launch(): void {
    const { pool, clock, module, importTimeoutMs } = this.#options;
    const task: ComputeTask = { port: this.#far, url: module.url };
    try {
      this.#thread = pool.start(task, {
        onCrash: (reason) => this.#crashed(new Error(reason)),
        onOutOfMemory: (reason) => this.#crashed(new CoppiceError("OUT_OF_MEMORY", reason)),
        isIdle: () => this.isIdle,
        onPrinted: (print) => this.#options.onPrinted(print),
        onExit: (reason) => {
          this.#crashed(new Error(reason));
          this.#life.send({ type: "host.exited", reason });
        },
      });
    } catch (error) {
      // Deferred, so that it never happens within the call that opened the thread.
      queueMicrotask(() => this.#crashed(new Error(describe(error))));
      return;
    }
    this.#thread.watch();
    this.#importing = clock.setTimeout(
      () => this.end(unfit(module, `it was not imported in ${importTimeoutMs} ms`)),
      importTimeoutMs,
    );
  }

  /** Ends the thread for a fault. Before its first message the fault is not its module's. */
  #crashed(why: Error): void {
    if (!this.isLiving) return;
    if (!this.#hasBegun) {
      // Its first message may still be on its way.
      this.#hasBegun = receiveMessageOnPort(this.#port)?.message.type === "begun";
      if (this.#hasBegun) this.#options.onLaunch();
    }
    if (this.#hasBegun) return this.end(why);
    this.#options.onLaunch(why.message);
    this.end(notStarted(why));
  }

  #receive(message: unknown): void {
    if (!this.#life.living) return;
    if (!isFromCompute(message)) return this.end(new Error("it sent something that is no answer"));
    switch (message.type) {
      case "begun":
        this.#hasBegun = true;
        return this.#options.onLaunch();
      case "ready":
        this.#options.clock.clearTimeout(this.#importing);
        return this.#life.send({ type: "host.started" });
      case "unfit":
        return this.end(unfit(this.module, message.reason));
      case "printed":
        return this.#options.onPrinted(message.print, this.#work?.call?.context.path);
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
    // Deferred, so that the caller handles the end of its work first.
    queueMicrotask(this.#options.onChange);
    return work;
  }

  #fail(): void {
    this.#options.clock.clearTimeout(this.#importing);
    this.#done()?.fail(this.#why ?? new Error("its thread has ended"));
  }
}

function unfit({ url }: ComputeModule, reason: string): CoppiceError {
  const message = `The module ${url} of a compute tool is of no use: ${reason}`;
  return new CoppiceError("OPTIONS_INVALID", message, { url });
}

function notStarted(why: Error): CoppiceError {
  const message = `The thread of a compute tool could not be started: ${why.message}`;
  return new CoppiceError("HOST_LOST", message, undefined, why);
}
