import { createHostRuntime, type HostRuntime } from "../agents/host-runtime.ts";
import type { HostKind, Place, PlaceListener } from "../hosts/host.ts";
import { type Life, startLife } from "../hosts/life.ts";
import { LivingPlace } from "../hosts/living-place.ts";
import type { HostFault, Running } from "../kernel/blame.ts";
import type { ToHost } from "../wire/delivery.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Choice, ChoiceSource } from "./choices.ts";
import type { Random } from "./random.ts";
import { simulatedModels } from "./simulated-models.ts";
import type { SimulatedClock, SimulatedTime } from "./simulated-time.ts";

export interface SimulatedHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: Place["isolation"];
  readonly words: SharedArrayBuffer;
  readonly events: PlaceListener;
  readonly time: SimulatedTime;
  /** The supervisor's: it waits for the host's end. */
  readonly clock: SimulatedClock;
  readonly killMs: number;
  /** How often a model's stream is cut; per call. */
  readonly modelCut: number;
  readonly random: Random;
  readonly importModule: (url: string) => Promise<unknown>;
  readonly onGone: () => void;
}

/**
 * A host in the calling thread whose every move is a choice: to start, to take a message, to send
 * what it did, to be heard, to end. It runs the agents' own runtime, and can be made to crash or
 * to freeze as a thread does.
 */
export class SimulatedHost extends LivingPlace implements Place, ChoiceSource {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation: Place["isolation"];
  resident: Place["resident"];
  readonly #options: SimulatedHostOptions;
  readonly #clock: SimulatedClock;
  protected readonly life: Life;
  readonly #residents = new Map<string, Running>();
  readonly #inbox: ToHost[] = [];
  readonly #outbox: FromHost[] = [];
  readonly #flushes: (() => void)[] = [];
  #runtime: HostRuntime | undefined;
  #launched = false;
  #launchTimer: unknown;
  #isFenced = false;
  /** It will not exit before it was called stuck. */
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
        // Never inside the step that condemned it: agents move now.
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
    if (this.living) this.#inbox.push(structuredClone(message));
  }

  launch(delayMs: number): void {
    const launched = (): void => {
      this.#launched = true;
    };
    if (delayMs === 0) launched();
    else this.#launchTimer = this.#options.clock.setTimeout(launched, delayMs);
  }

  async check(): Promise<void> {
    // Modules are looked at before any host is opened.
  }

  async drain(): Promise<void> {
    // Whatever it still runs ends with it, as in a thread that does not answer.
  }

  /** Its thread dies: some of what it had sent arrives before that, the rest never does. */
  crash(): void {
    const { random } = this.#options;
    this.#outbox.length = random.between(0, this.#outbox.length);
    const cause = random.chance(0.3) ? "out-of-memory" : "exited";
    this.#fault = { cause, hasRun: true, running: this.#anyone() };
    this.#exit("it crashed");
  }

  /** Its thread stands still, within a delivery or between two. */
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
    if (state === "stuck" || (state === "condemned" && !this.#lingers)) {
      add("end", "exits", () => this.#exit("it exited"));
    }
    if (state === "suspect") {
      add("wake", "wakes up", () => this.#wake());
      add("condemn", "is condemned", () => this.condemn("it froze"));
    }
    if (state === "starting" && this.#launched) add("start", "starts", () => this.#start());
    if (state !== "ready") return;
    const [next] = this.#inbox;
    if (next !== undefined) add("to", `takes ${next.items.length} items`, () => this.#take());
    if (this.#flushes.length > 0) add("flush", "sends", () => this.#flushes.shift()?.());
  }

  #start(): void {
    const { words, importModule, random, modelCut } = this.#options;
    this.#runtime = createHostRuntime({
      post: (message) => this.#send(message),
      words: new Int32Array(words),
      env: {},
      importModule,
      clock: this.#clock,
      chance: () => random.next(),
      wrapModels: (models) => simulatedModels(models, random, modelCut),
      schedule: (flush) => void this.#flushes.push(flush),
    });
    this.life.send({ type: "host.started" });
  }

  /** A frozen thread goes on, nothing having happened. */
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
        this.#residents.set(item.path, { path: item.path, incarnation: item.incarnation });
      } else if (item.type === "deliver" && this.#residents.has(item.path)) {
        const { path, incarnation, n } = item;
        this.#residents.set(path, { path, incarnation, n });
      } else if (item.type === "drop") this.#residents.delete(item.path);
    }
    this.#runtime?.receive(message);
  }

  #send(message: FromHost): void {
    if (this.#isFenced) return;
    for (const { path, out } of message.frames) {
      if (out.some(({ type }) => type === "done")) this.#residents.delete(path);
    }
    this.#outbox.push(structuredClone(message));
  }

  #emit(): void {
    const message = this.#outbox.shift();
    if (message !== undefined) this.#options.events.hear(this, { type: "frames", message });
  }

  /** Takes in the next message up to some delivery, in which the thread then stands still. */
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
    if (item?.type !== "deliver" || !this.#residents.has(item.path)) return [];
    const { path, incarnation, n } = item;
    return [{ path, incarnation, n }];
  }

  /** Whom a death that no delivery caused is charged to: somebody who lives here, or nobody. */
  #anyone(): readonly Running[] {
    const { random } = this.#options;
    const residents = [...this.#residents.values()];
    return residents.length === 0 || random.chance(0.5) ? [] : [random.pick(residents)];
  }

  #exit(reason: string): void {
    this.life.send({ type: "host.exited", reason });
  }

  /** From now on nothing is heard of it, so that its agents can go on elsewhere. */
  #fence(reason: string): void {
    if (this.#isFenced) return;
    this.#leave();
    this.#options.events.hear(this, { type: "fenced", reason, fault: this.#fault });
  }

  /** Takes what the thread has still said, and lets go of it. */
  #leave(): void {
    if (this.#isFenced) return;
    this.#isFenced = true;
    const { clock, time } = this.#options;
    clock.clearTimeout(this.#launchTimer);
    while (this.#outbox.length > 0) this.#emit();
    time.drop(this.#clock);
    this.#runtime?.close();
    this.#flushes.length = 0;
    this.#inbox.length = 0;
  }
}
