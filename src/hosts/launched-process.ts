import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { type LeashedOptions, signalGroup, spawnLeashed } from "../processes/leashed-process.ts";
import { systemClock } from "../wire/clock.ts";
import { describe } from "../wire/error-codec.ts";
import { type Lane, type Packet, Pipe } from "../wire/pipe.ts";
import type { Printed } from "../wire/printed.ts";
import { LastWords } from "./last-words.ts";
import { processHeld, processLimit, residentBytes, watchMemory } from "./memory-watch.ts";

/** What becomes of a process. */
export interface ProcessFate {
  onPacket(packet: Packet): void;
  /** It is of no use any more; `onExit` follows once it is killed. */
  onCrash(reason: string): void;
  /** It wrote something to its outputs. */
  onPrinted(print: Printed): void;
  /** It uses more memory than it may. */
  onOutOfMemory(reason: string): void;
  /**
   * It has exited, and all that it said before has been given to `onPacket`.
   * @param outOfMemory it said so itself
   */
  onExit(reason: string, outOfMemory: boolean): void;
}

export interface ProcessOptions {
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Megabytes of its heap; what Node itself takes comes on top. */
  readonly memoryMb: number;
  readonly bounds: NonNullable<LeashedOptions["bounds"]>;
  readonly fate: ProcessFate;
}

/** More in one packet no agent sends; the memory of the supervisor is not the guest's to fill. */
const MOST_PACKET_BYTES = 64 * 1024 * 1024;
/** Where the pipe is among the descriptors of the process. */
const PIPE = 3;
/** Milliseconds that what it said last may take to arrive after its exit. */
const LAST_PACKETS_MS = 250;

/** One running process, spoken to in packets. */
export class LaunchedProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Pipe;
  readonly #words: LastWords;
  readonly #fate: ProcessFate;
  #unwatch: () => void = () => undefined;

  /** **Fails with** an `Error` where there can be no process. */
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
      mostBytes: MOST_PACKET_BYTES,
      onPackets: (packets) => {
        for (const packet of packets) fate.onPacket(packet);
      },
      onUnreadable: (error) => fate.onCrash(`it sent what cannot be read: ${describe(error)}`),
    });
    this.#watch(memoryMb);
  }

  /** Bytes of memory that it uses; 0 where nobody can tell. */
  get heldBytes(): number {
    const { pid } = this.#child;
    return (pid === undefined ? undefined : residentBytes(pid)) ?? 0;
  }

  /** **Fails with** an error, at once, when the message cannot be cloned. */
  send(lane: Lane, message: unknown): void {
    this.#pipe.send(lane, message);
  }

  kill(): void {
    signalGroup(this.#child, "SIGKILL");
  }

  /** Hears no more of it, and lets this process end although it may not have. */
  release(): void {
    this.#unwatch();
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#child.unref();
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
    // What it said before it died is still on its way through the pipe.
    const late = Promise.withResolvers<void>();
    // Where this process itself is late, what has arrived is read before it is called missing.
    const timer = systemClock.setTimeout(() => setImmediate(late.resolve), LAST_PACKETS_MS);
    await Promise.race([once(this.#child, "close"), late.promise]);
    systemClock.clearTimeout(timer);
    const { why, tellsOfMemory } = this.#words;
    const told = `its process ${how}${why === "" ? "" : `: ${why}`}`;
    this.#fate.onExit(tellsOfMemory ? `OUT_OF_MEMORY: ${told}` : told, tellsOfMemory);
  }
}
