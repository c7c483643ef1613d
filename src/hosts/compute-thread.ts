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
  /** @param path of the agent whose call it serves */
  readonly onPrinted: (print: Printed, path?: string) => void;
  /** It can take other work, or its state has changed. */
  readonly onChange: () => void;
  /** It runs, whatever its module does to it from here on; or it has ended before that. */
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
      // Never inside the call that opened it.
      queueMicrotask(() => this.#crashed(new Error(describe(error))));
      return;
    }
    this.#importing = clock.setTimeout(
      () => this.end(unfit(module, `it was not imported in ${importTimeoutMs} ms`)),
      importTimeoutMs,
    );
  }

  /** Ends it for a fault of its own; before it has said a word the fault is nobody's here. */
  #crashed(why: Error): void {
    if (!this.isLiving) return;
    if (!this.#hasBegun) {
      // What it said may still be on its way.
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

function notStarted(why: Error): CoppiceError {
  const told = `The thread of a compute tool could not be started: ${why.message}`;
  return new CoppiceError("HOST_LOST", told, undefined, why);
}
