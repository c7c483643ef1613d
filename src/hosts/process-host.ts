import { once } from "node:events";
import { deserialize, serialize } from "node:v8";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { HostFault } from "../kernel/blame.ts";
import { type Clock, systemClock } from "../wire/clock.ts";
import type { HostKind } from "../wire/control.ts";
import type { HostItem, ToHost } from "../wire/delivery.ts";
import { decodeError, describe } from "../wire/error-codec.ts";
import type { FromHost } from "../wire/frame.ts";
import type { Packet } from "../wire/pipe.ts";
import { type Control, firstAnswer, openControl } from "./control.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";
import type {
  HostBounds,
  HostHandle,
  HostHandleListener,
  ModuleRef,
  WarmableHost,
} from "./host.ts";
import { LaunchedProcess } from "./launched-process.ts";
import { type Life, startLife } from "./life.ts";
import { LivingHost } from "./living-host.ts";
import { isNearLimit, processHeld } from "./memory-watch.ts";
import { processArguments } from "./process-arguments.ts";
import { assertThere } from "./worker-entry.ts";

export interface ProcessHostOptions {
  readonly id: string;
  readonly kind: HostKind;
  /** Module that the process runs. */
  readonly program: URL;
  /** The complete environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly bounds?: HostBounds | undefined;
  readonly events: HostHandleListener;
  readonly clock: Clock;
  /** Milliseconds from launch to its first answer. */
  readonly startMs: number;
  readonly killMs: number;
  /** Milliseconds between two checks of its heart. */
  readonly heartbeatMs: number;
  /** Milliseconds for which it may be silent once it is suspect. */
  readonly graceMs: number;
}

/** Megabytes of a process whose agent sets no limit. */
const DEFAULT_MEMORY_MB = 512;

/**
 * A host in a process of its own, for one agent.
 *
 * It exchanges the messages of a thread host, over one pipe. Whatever its agent does to its memory,
 * its thread or itself ends this process alone: it shares nothing, and SIGKILL needs no help from
 * the code that runs there.
 */
export class ProcessHost extends LivingHost implements WarmableHost {
  readonly id: string;
  readonly kind: HostKind;
  readonly isolation = "process";
  soleAgent: HostHandle["soleAgent"];
  readonly #options: ProcessHostOptions;
  readonly #control: Control;
  /** The far side of the control's channel; its messages go through the pipe, both ways. */
  readonly #farControlPort: MessagePort;
  readonly #portsClosed: Promise<unknown>;
  protected readonly life: Life;
  /** Packets that were posted before there was a process. */
  readonly #early: Packet[] = [];
  #launching: unknown;
  #process: LaunchedProcess | undefined;
  #isLaunched = false;
  #heartbeat: Heartbeat | undefined;
  #beats = 0;
  /** Number of the last delivery that its agent has been given. */
  #taken: number | undefined;
  #fault: Pick<HostFault, "cause" | "hasRun"> | undefined;

  constructor(options: ProcessHostOptions) {
    super();
    const { id, kind, clock, killMs, events } = options;
    this.id = id;
    this.kind = kind;
    this.#options = options;
    const channel = new MessageChannel();
    this.#control = openControl(channel.port1, id, clock);
    this.#farControlPort = channel.port2;
    this.#farControlPort.on("message", (message) => this.#send({ lane: "control", message }));
    this.#portsClosed = once(this.#farControlPort, "close");
    this.life = startLife(id, killMs, clock, {
      announceStarted: () => {
        this.#listen();
        events.hear(this, { type: "started" });
      },
      announceSuspect: () => events.hear(this, { type: "suspect" }),
      terminate: () => this.#terminate(),
      announceStuck: () => {
        this.#leave("its process does not end");
        events.hear(this, { type: "stuck", fault: this.#reportedFault() });
      },
      announceGone: (reason) => {
        this.#leave(reason);
        events.hear(this, { type: "lost", reason, fault: this.#reportedFault() });
      },
    });
  }

  get #memoryMb(): number {
    return this.#options.bounds?.memoryMb ?? DEFAULT_MEMORY_MB;
  }

  get launched(): boolean {
    return this.#isLaunched;
  }

  override get ended(): Promise<void> {
    return this.life.ended.then(() => this.#portsClosed).then(() => undefined);
  }

  post(message: ToHost): void {
    if (!this.living) return;
    // The cancel flags are not shared with a process: it has one of its own, for its one agent.
    const items = message.items.map((item): HostItem => {
      return item.type === "place" ? { ...item, cancelFlag: 0 } : item;
    });
    this.#send({ lane: "data", message: { ...message, items } });
  }

  async warmUp(): Promise<void> {
    if (!this.#start()) return this.ready;
    this.#farControlPort.unref();
    this.#control.setRef(false);
    await this.#answered((far) => far.warmUp());
  }

  launch(delayMs: number): void {
    if (delayMs === 0) this.#launch();
    else this.#launching = this.#options.clock.setTimeout(() => this.#launch(), delayMs);
  }

  async check({ url, kind }: ModuleRef, deadlineMs: number): Promise<void> {
    const what = `the import of ${url}`;
    const problem = await this.#control.ask(what, (far) => far.checkModule(url, kind), deadlineMs);
    if (problem !== null) throw decodeError(problem);
  }

  async drain(deadlineMs: number): Promise<void> {
    if (this.state !== "ready") return;
    await this.#control.ask("an orderly end", (far) => far.drain(), deadlineMs);
  }

  #launch(): void {
    if (!this.living) return;
    if (this.#process === undefined && !this.#start()) return;
    this.#isLaunched = true;
    this.#process?.use();
    this.#farControlPort.ref();
    this.#control.setRef(true);
    const started = () => this.life.send({ type: "host.started" });
    this.#answered((far) => far.ping(process.cwd())).then(started, () => undefined);
  }

  /** Waits for its first answer. Rejects, and has ended the host, when there is none. */
  #answered(call: Parameters<Control["ask"]>[1]): Promise<void> {
    const { startMs } = this.#options;
    return firstAnswer(this.#control, call, startMs, (reason) => this.#fail("exited", reason));
  }

  /** Starts the process; returns false, and ends the host, when none can be started. */
  #start(): boolean {
    const { program, env, kind, heartbeatMs } = this.#options;
    const { cpuSeconds, openFiles } = this.#options.bounds ?? {};
    const memoryMb = this.#memoryMb;
    const args = [...processArguments(program, memoryMb), kind, String(heartbeatMs / 2)];
    try {
      assertThere(program);
      this.#process = new LaunchedProcess({
        args,
        env,
        memoryMb,
        bounds: { cpuSeconds, openFiles },
        fate: {
          onPacket: (packet) => this.#hear(packet),
          onCrash: (reason) => this.#fail("exited", reason),
          onOutOfMemory: (reason) => this.#fail("out-of-memory", reason),
          onPrinted: (print) => this.#options.events.hear(this, { type: "printed", print }),
          onExit: (reason, outOfMemory) => {
            this.#accuse(outOfMemory ? "out-of-memory" : "exited");
            this.life.send({ type: "host.exited", reason });
          },
        },
      });
    } catch (error) {
      this.#fault = { cause: "exited", hasRun: false };
      this.exitWithoutStart(describe(error));
      return false;
    }
    for (const packet of this.#early.splice(0)) this.#send(packet);
    return true;
  }

  /**
   * Checks the heartbeat by the system's time, whatever the supervisor's clock is: a process has no
   * other time.
   */
  #listen(): void {
    const { heartbeatMs, graceMs } = this.#options;
    this.#heartbeat = startHeartbeat({
      heartbeatMs,
      graceMs,
      clock: systemClock,
      readBeat: () => this.#beats,
      onMissed: () => this.life.send({ type: "beat.missed" }),
      onSeen: () => this.life.send({ type: "beat.seen" }),
      onSilent: () => this.#silent(),
    });
  }

  /**
   * Ends a silent host. A heap that is nearly full leaves V8 no time for anything but its garbage.
   */
  #silent(): void {
    const { graceMs } = this.#options;
    const memoryMb = this.#memoryMb;
    const usedBytes = this.#process?.usedBytes ?? 0;
    if (isNearLimit(usedBytes, memoryMb))
      this.#fail("out-of-memory", processHeld(usedBytes, memoryMb));
    else this.#fail("froze", `its process did not answer for ${graceMs} ms after it was suspect`);
  }

  #send(packet: Packet): void {
    // A packet that cannot be cloned is refused at once, as by the pipe itself.
    if (this.#process === undefined) this.#early.push(deserialize(serialize(packet)) as Packet);
    else this.#process.send(packet.lane, packet.message);
  }

  #hear({ lane, message }: Packet): void {
    switch (lane) {
      case "data":
        return this.#options.events.hear(this, { type: "frames", message: message as FromHost });
      case "control":
        if (isAnswer(message)) this.#farControlPort.postMessage(message);
        return;
      case "beat":
        this.#beats += 1;
        return;
      case "taken":
        if (Number.isSafeInteger(message)) this.#taken = message as number;
        return;
    }
  }

  /** Ends the host for a fault of the code that runs there. */
  #fail(cause: HostFault["cause"], reason: string): void {
    this.#accuse(cause);
    this.terminate(reason);
  }

  #accuse(cause: HostFault["cause"]): void {
    if (!this.living) return;
    // Its first beat comes with its first answer; before that no user code runs.
    this.#fault = { cause, hasRun: this.state !== "starting" || this.#beats > 0 };
  }

  #terminate(): void {
    if (this.#process === undefined) this.exitWithoutStart("it was never launched");
    else this.#process.kill();
  }

  #leave(reason: string): void {
    this.#options.clock.clearTimeout(this.#launching);
    this.#heartbeat?.stop();
    this.#control.close(reason);
    // The other end would close it too, but an idle port does not keep this process for that.
    this.#farControlPort.close();
    this.#early.length = 0;
    this.#process?.release();
  }

  /**
   * Returns the fault that ended the host, with its agent if the agent has been given a delivery;
   * undefined when the supervisor itself ended it.
   */
  #reportedFault(): HostFault | undefined {
    const { soleAgent } = this;
    if (this.#fault === undefined) return undefined;
    const known = soleAgent !== undefined && this.#taken !== undefined;
    const running = known ? [{ ...soleAgent, n: this.#taken as number }] : [];
    return { ...this.#fault, running };
  }
}

/** True for the form in which Comlink answers; no other message of user code reaches Comlink. */
function isAnswer(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  return "id" in message && "type" in message && message.type === "RAW";
}
