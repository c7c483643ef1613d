import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type LeashedOptions, signalGroup, spawnLeashed } from "../processes/leashed-process.ts";
import { systemClock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";
import { type Lane, type Packet, Pipe } from "../wire/pipe.ts";
import type { Printed } from "../wire/printed.ts";
import { LastWords } from "./last-words.ts";
import { processHeld, processLimit, residentBytes, watchMemory } from "./memory-watch.ts";

/** Callbacks for the events of a process. */
export interface ProcessFate {
  onPacket(packet: Packet): void;
  /** Called when it is of no use any more; `onExit` follows once it is killed. */
  onCrash(reason: string): void;
  /** Called when it wrote to its stdout or stderr. */
  onPrinted(print: Printed): void;
  /** Called when it uses more memory than it may. */
  onOutOfMemory(reason: string): void;
  /**
   * Called when it has exited and all that it sent before has been given to `onPacket`.
   * @param outOfMemory true when its own output says so
   */
  onExit(reason: string, outOfMemory: boolean): void;
}

export interface ProcessOptions {
  readonly args: readonly string[];
  /** The complete environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Megabytes of its heap; Node's own memory comes on top. */
  readonly memoryMb: number;
  readonly bounds: NonNullable<LeashedOptions["bounds"]>;
  readonly fate: ProcessFate;
}

/**
 * Most bytes of a packet. Agents do not send more, and user code must not fill the supervisor's
 * memory.
 */
const MAX_PACKET_BYTES = 64 * 1024 * 1024;
/** Descriptor of the pipe in the process. */
const PIPE = 3;
/** Milliseconds in which the last packets may arrive after the exit. */
const LAST_PACKETS_MS = 250;

/**
 * One running process, with a pipe for packets. It does not keep this process alive, and its memory
 * is not watched, until it is in use.
 */
export class LaunchedProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Pipe;
  readonly #words: LastWords;
  readonly #fate: ProcessFate;
  readonly #memoryMb: number;
  #unwatch: () => void = () => undefined;

  /** **Fails with** an `Error` when the process cannot be started. */
  constructor({ args, env, memoryMb, bounds, fate }: ProcessOptions) {
    this.#fate = fate;
    const stdio = ["ignore", "pipe", "pipe", "pipe"] as const;
    const child = spawnLeashed(process.execPath, args, { env, stdio, bounds });
    this.#child = child;
    this.#words = new LastWords({ stdout: child.stdout, stderr: child.stderr }, (print) =>
      fate.onPrinted(print),
    );
    child.once("error", (error) => fate.onExit(describe(error), false));
    child.once("exit", (code, signal) => {
      const ended = signal === "SIGXCPU" ? "used up its `cpuSeconds`" : `was ended by ${signal}`;
      void this.#exited(signal === null ? `exited with code ${code}` : ended);
    });
    this.#pipe = new Pipe({
      stream: child.stdio[PIPE] as Duplex,
      mostBytes: MAX_PACKET_BYTES,
      onPackets: (packets) => {
        for (const packet of packets) fate.onPacket(packet);
      },
      onUnreadable: (error) => fate.onCrash(`it sent what cannot be read: ${describe(error)}`),
    });
    this.#memoryMb = memoryMb;
    child.unref();
    for (const stream of this.#streams) stream.unref();
  }

  /** Bytes of memory that it uses; 0 when that cannot be read. */
  get usedBytes(): number {
    const { pid } = this.#child;
    return (pid === undefined ? undefined : residentBytes(pid)) ?? 0;
  }

  /** Sends a message. **Fails with** an error, at once, when the message cannot be cloned. */
  send(lane: Lane, message: unknown): void {
    this.#pipe.send(lane, message);
  }

  kill(): void {
    // Whoever ends it waits for its exit.
    this.#child.ref();
    signalGroup(this.#child, "SIGKILL");
  }

  /** Watches its memory from now on, and keeps this process alive for it. */
  use(): void {
    this.#child.ref();
    for (const stream of this.#streams) stream.ref();
    this.#watch(this.#memoryMb);
  }

  /** Stops listening to the process, and lets this process end although the other may not have. */
  release(): void {
    this.#unwatch();
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#child.unref();
  }

  get #streams(): Socket[] {
    return this.#child.stdio.filter((stream) => stream instanceof Socket);
  }

  #watch(memoryMb: number): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    this.#unwatch = watchMemory({
      read: () => residentBytes(pid),
      mostBytes: processLimit(memoryMb),
      // A process lives in real time, whatever the supervisor's clock is.
      clock: systemClock,
      onExceeded: (bytes) => this.#fate.onOutOfMemory(processHeld(bytes, memoryMb)),
    });
  }

  async #exited(how: string): Promise<void> {
    this.#unwatch();
    // Packets sent before the exit may still be in the pipe.
    const late = Promise.withResolvers<void>();
    // If this process is late itself, packets that have arrived are read before the wait ends.
    const timer = systemClock.setTimeout(() => setImmediate(late.resolve), LAST_PACKETS_MS);
    await Promise.race([once(this.#child, "close"), late.promise]);
    systemClock.clearTimeout(timer);
    const { why, tellsOfMemory } = this.#words;
    const message = `its process ${how}${why === "" ? "" : `: ${why}`}`;
    this.#fate.onExit(tellsOfMemory ? `OUT_OF_MEMORY: ${message}` : message, tellsOfMemory);
  }
}
