import { createHostRuntime, type HostRuntime } from "../agents/host-runtime.ts";
import type { HostHandle, HostHandleListener, HostKind, WarmableHost } from "../hosts/host.ts";
import { type Life, startLife } from "../hosts/life.ts";
import { LivingHost } from "../hosts/living-host.ts";
import type { HostFault, Running } from "../kernel/blame.ts";
import type { ToHost } from "../wire/delivery.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Json } from "../wire/json.ts";
import { messageCopy } from "../wire/message-text.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";
import { simulatedModels } from "./simulated-models.ts";
import type { SimulatedClock, SimulatedTime } from "./simulated-time.ts";

export interface SimulatedHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation?: HostHandle["isolation"];
  readonly cancelFlags: SharedArrayBuffer;
  readonly events: HostHandleListener;
  readonly time: SimulatedTime;
  /** The supervisor's clock, which waits for the host's end. */
  readonly clock: SimulatedClock;
  readonly killMs: number;
  /** The rate at which a model's stream is cut; per call. */
  readonly modelCut: number;
  readonly random: Random;
  readonly importModule: (url: string) => Promise<unknown>;
  readonly onGone: () => void;
}

/**
 * A host in the calling thread. Each of its moves is a choice: to start, to take a message, to
 * send, to have a message of its own arrive, to end. It runs the agents' own runtime, and can crash
 * or freeze as a thread does.
 */
export class SimulatedHost extends LivingHost implements WarmableHost, ChoiceSource {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: HostHandle["isolation"];
  soleAgent: HostHandle["soleAgent"];
  readonly #options: SimulatedHostOptions;
  readonly #clock: SimulatedClock;
  protected readonly life: Life;
  readonly #agents = new Map<string, Running>();
  readonly #inbox: ToHost[] = [];
  readonly #outbox: FromHost[] = [];
  readonly #flushes: (() => void)[] = [];
  #runtime: HostRuntime | undefined;
  #launched = false;
  /** Set while it is warmed up ahead of its launch. */
  #warm: PromiseWithResolvers<void> | undefined;
  /** True while it waits, warm and not started. */
  isWarm = false;
  #launchTimer: unknown;
  #isFenced = false;
  /** True when it exits only after it has been reported as stuck. */
  #lingers = false;
  #fault: HostFault | undefined;

  constructor(options: SimulatedHostOptions) {
    super();
    const { id, kind, isolation, time, clock, killMs, events, random } = options;
    this.id = id;
    this.kind = kind;
    this.isolation = isolation;
    this.#options = options;
    this.#clock = time.clock(id);
    this.life = startLife(id, killMs, clock, {
      announceStarted: () => events.hear(this, { type: "started" }),
      announceSuspect: () => events.hear(this, { type: "suspect" }),
      terminate: (reason) => {
        this.#lingers = random.chance(0.1);
        // Deferred past the step that terminated it, because agents move now.
        queueMicrotask(() => this.#fence(reason));
      },
      announceStuck: () => events.hear(this, { type: "stuck", fault: this.#fault }),
      announceGone: (reason) => {
        this.#leave();
        options.onGone();
        events.hear(this, { type: "lost", reason, fault: this.#fault });
      },
    });
  }

  post(message: ToHost): void {
    if (this.living) this.#inbox.push(messageCopy(message));
  }

  warmUp(): Promise<void> {
    this.#warm = Promise.withResolvers();
    return this.#warm.promise;
  }

  /**
   * Returns the whole state of a machine here; undefined while something is under way between this
   * host and the supervisor, and for an agent that is not here.
   */
  stateOf(agent: Pick<Running, "path" | "incarnation">): Json | undefined {
    const isQuiet = [this.#inbox, this.#outbox, this.#flushes].every(({ length }) => length === 0);
    return this.state === "ready" && isQuiet ? this.#runtime?.stateOf(agent) : undefined;
  }

  launch(delayMs: number): void {
    const launched = (): void => {
      this.#launched = true;
    };
    if (delayMs === 0) launched();
    else this.#launchTimer = this.#options.clock.setTimeout(launched, delayMs);
  }

  async check(): Promise<void> {
    // Modules are checked before any host is opened.
  }

  async drain(): Promise<void> {
    // Work still running ends with the host, as in a thread that does not answer.
  }

  /**
   * Simulates the death of the thread: a part of what it had sent still arrives, the rest is lost.
   * A host that waits warm can die too.
   */
  crash(): void {
    const { random } = this.#options;
    this.#outbox.length = random.between(0, this.#outbox.length);
    const cause = random.chance(0.3) ? "out-of-memory" : "exited";
    this.#fault = { cause, hasRun: this.state !== "starting", running: this.#anyone() };
    this.#exit("it crashed");
  }

  /** Freezes the thread, within a delivery or between two. */
  freeze(): void {
    this.#fault = { cause: "froze", hasRun: true, running: this.#takeHalf() };
    this.#clock.halted = true;
    this.life.send({ type: "beat.missed" });
  }

  offer(to: Choice[]): void {
    const { id, state } = this;
    const add = (kind: string, what: string, run: () => void): void =>
      void to.push({ kind: `${kind} ${id}`, what: `${id} ${what}`, run });
    const [message] = this.#outbox;
    if (message !== undefined) {
      add("from", `is heard, with ${message.frames.length} frames`, () => this.#emit());
    }
    if (state === "stuck" || (state === "terminating" && !this.#lingers)) {
      add("end", "exits", () => this.#exit("it exited"));
    }
    if (state === "suspect") {
      add("wake", "wakes up", () => this.#wake());
      add("terminate", "is terminated", () => this.terminate("it froze"));
    }
    if (state === "starting") {
      if (this.#launched) add("start", "starts", () => this.#start());
      else if (this.#warm !== undefined && !this.isWarm)
        add("warm", "is warm", () => this.#warmed());
    }
    if (state !== "ready") return;
    const [next] = this.#inbox;
    if (next !== undefined) add("to", `takes ${next.items.length} items`, () => this.#take());
    if (this.#flushes.length > 0) add("flush", "sends", () => this.#flushes.shift()?.());
  }

  #start(): void {
    const { cancelFlags, importModule, random, modelCut } = this.#options;
    this.isWarm = false;
    this.#runtime = createHostRuntime({
      post: (message) => this.#send(message),
      cancelFlags: new Int32Array(cancelFlags),
      env: {},
      importModule,
      clock: this.#clock,
      chance: () => random.next(),
      wrapModels: (models) => simulatedModels(models, random, modelCut),
      schedule: (flush) => void this.#flushes.push(flush),
    });
    this.life.send({ type: "host.started" });
  }

  #warmed(): void {
    this.isWarm = true;
    this.#warm?.resolve();
  }

  /** Wakes a frozen thread, which continues as if nothing had happened. */
  #wake(): void {
    this.#clock.halted = false;
    this.#fault = undefined;
    this.life.send({ type: "beat.seen" });
  }

  #take(): void {
    const message = this.#inbox.shift();
    if (message !== undefined) this.#receive(message);
  }

  #receive(message: ToHost): void {
    for (const item of message.items) {
      if (item.type === "place") {
        this.#agents.set(item.path, { path: item.path, incarnation: item.incarnation });
      } else if (item.type === "deliver" && this.#agents.has(item.path)) {
        const { path, incarnation, n } = item;
        this.#agents.set(path, { path, incarnation, n });
      } else if (item.type === "drop") this.#agents.delete(item.path);
    }
    this.#runtime?.receive(message);
  }

  #send(message: FromHost): void {
    if (this.#isFenced) return;
    for (const { path, commands } of message.frames) {
      if (commands.some(({ type }) => type === "done")) this.#agents.delete(path);
    }
    this.#outbox.push(messageCopy(message));
  }

  #emit(): void {
    const message = this.#outbox.shift();
    if (message !== undefined) this.#options.events.hear(this, { type: "frames", message });
  }

  /** Takes the next message up to a random item: the thread freezes in it. */
  #takeHalf(): readonly Running[] {
    const { random } = this.#options;
    const [message] = this.#inbox;
    if (message === undefined) return this.#anyone();
    const last = random.below(message.items.length);
    const { items, ...rest } = message;
    this.#receive({ ...rest, items: items.slice(0, last) });
    const left = items.slice(last);
    this.#inbox[0] = { items: left };
    const [item] = left;
    if (item?.type !== "deliver" || !this.#agents.has(item.path)) return [];
    const { path, incarnation, n } = item;
    return [{ path, incarnation, n }];
  }

  /** Picks the agent suspected of a death that no delivery caused: one that lives here, or none. */
  #anyone(): readonly Running[] {
    const { random } = this.#options;
    const agents = [...this.#agents.values()];
    return agents.length === 0 || random.chance(0.5) ? [] : [random.pick(agents)];
  }

  #exit(reason: string): void {
    this.life.send({ type: "host.exited", reason });
  }

  /** Fences the host: nothing more of it is taken in, so that its agents can continue elsewhere. */
  #fence(reason: string): void {
    if (this.#isFenced) return;
    this.#leave();
    this.#options.events.hear(this, { type: "fenced", reason, fault: this.#fault });
  }

  /** Takes in what the thread has still sent, and releases the thread. */
  #leave(): void {
    if (this.#isFenced) return;
    this.#isFenced = true;
    const { clock, time } = this.#options;
    clock.clearTimeout(this.#launchTimer);
    this.#warm?.reject(new Error("it ended before it was warm"));
    while (this.#outbox.length > 0) this.#emit();
    time.drop(this.#clock);
    this.#runtime?.close();
    this.#flushes.length = 0;
    this.#inbox.length = 0;
  }
}
