import type { Duplex } from "node:stream";
import type { HostItem, ToHost } from "../wire/delivery.ts";
import { type Lane, Pipe } from "../wire/pipe.ts";

type Listener = (message: never) => void;

/** A port with the methods that `serveHost` and Comlink use. */
class LanePort {
  readonly #send: (message: unknown) => void;
  #listener: ((message: unknown) => void) | undefined;
  /** Messages that arrived before there was a listener. */
  #early: unknown[] = [];

  constructor(send: (message: unknown) => void) {
    this.#send = send;
  }

  postMessage(message: unknown): void {
    this.#send(message);
  }

  on(_: "message", listener: Listener): void {
    // Deferred, as with a real port: what is posted in this turn is sent before a message is heard.
    setImmediate(() => {
      this.#listener = listener as (message: unknown) => void;
      for (const message of this.#early.splice(0)) this.#listener(message);
    });
  }

  addEventListener(type: string, listener: unknown): void {
    if (type === "message") this.on(type, (data) => (listener as Listener)({ data } as never));
  }

  /** Called by Comlink when it releases a proxy; the one here lives as long as the process. */
  removeEventListener(): void {}

  hear(message: unknown): void {
    if (this.#listener === undefined) this.#early.push(message);
    else this.#listener(message);
  }
}

/** The ends of a process's one pipe, in the form of the two ports and shared memory of a thread. */
export interface ProcessPorts {
  readonly port: LanePort;
  readonly controlPort: LanePort;
  /** One cancel flag, for the one agent of this process. */
  readonly cancelFlags: SharedArrayBuffer;
  /**
   * Reports the number of a delivery before its agent gets it. A delivery from which the agent
   * never returns is not given to it again.
   */
  readonly onTaken: (n: number) => void;
  beat(): void;
}

/**
 * Makes the ports that `serveHost` serves from one pipe.
 *
 * **Guarantees** The end of an agent sets its cancel flag before any message that arrived with it
 * is taken. Memory cannot be shared between processes, and a permit that came first must not begin
 * a stream.
 */
export function openProcessPorts(stream: Duplex, onBroken: () => void): ProcessPorts {
  const cancelFlags = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const sendOn = (lane: Lane) => (message: unknown) => pipe.send(lane, message);
  const port = new LanePort(sendOn("data"));
  const controlPort = new LanePort(sendOn("control"));
  const pipe = new Pipe({
    stream,
    onUnreadable: onBroken,
    onPackets(packets) {
      const toHost = packets.filter(({ lane }) => lane === "data");
      if (toHost.some(({ message }) => (message as ToHost).items.some(isEnd))) {
        Atomics.store(new Int32Array(cancelFlags), 0, 1);
      }
      for (const { lane, message } of packets) {
        if (lane === "data") port.hear(message);
        else controlPort.hear(message);
      }
    },
  });
  return {
    port,
    controlPort,
    cancelFlags,
    onTaken: sendOn("taken"),
    beat: () => pipe.send("beat", null),
  };
}

function isEnd(item: HostItem): boolean {
  return item.type === "deliver" && item.body.type === "end";
}
