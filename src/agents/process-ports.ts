import type { Duplex } from "node:stream";
import type { HostItem, ToHost } from "../wire/delivery.ts";
import { type Lane, Pipe } from "../wire/pipe.ts";

type Listener = (message: never) => void;

/** What `serveHost` and Comlink need of a port. */
class LanePort {
  readonly #send: (message: unknown) => void;
  #listener: ((message: unknown) => void) | undefined;
  /** What came before anybody listened. */
  #early: unknown[] = [];

  constructor(send: (message: unknown) => void) {
    this.#send = send;
  }

  postMessage(message: unknown): void {
    this.#send(message);
  }

  on(_: "message", listener: Listener): void {
    // Later, as a port would: what is said before this turn ends comes first.
    setImmediate(() => {
      this.#listener = listener as (message: unknown) => void;
      for (const message of this.#early.splice(0)) this.#listener(message);
    });
  }

  addEventListener(type: string, listener: unknown): void {
    if (type === "message") this.on(type, (data) => (listener as Listener)({ data } as never));
  }

  /** Comlink's, for a proxy that is let go: the one here lives as long as the process. */
  removeEventListener(): void {}

  hear(message: unknown): void {
    if (this.#listener === undefined) this.#early.push(message);
    else this.#listener(message);
  }
}

/** The inside of a process's one pipe: what a thread is given as two ports and shared memory. */
export interface ProcessPorts {
  readonly port: LanePort;
  readonly controlPort: LanePort;
  /** One cancel word, for the one agent that lives here. */
  readonly words: SharedArrayBuffer;
  /** Tells the number of a delivery, so that who never comes back from it is charged with it. */
  readonly onTaken: (n: number) => void;
  beat(): void;
}

/**
 * Makes of one pipe what `serveHost` serves.
 *
 * **Guarantees** an agent's end that has arrived sets its cancel word before anything that arrived
 * with it is taken in: memory cannot be shared between processes, and a permit that came first
 * must not begin a stream.
 */
export function openProcessPorts(stream: Duplex, onBroken: () => void): ProcessPorts {
  const words = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const sendOn = (lane: Lane) => (message: unknown) => pipe.send(lane, message);
  const port = new LanePort(sendOn("data"));
  const controlPort = new LanePort(sendOn("control"));
  const pipe = new Pipe({
    stream,
    onUnreadable: onBroken,
    onPackets(packets) {
      const toHost = packets.filter(({ lane }) => lane === "data");
      if (toHost.some(({ message }) => (message as ToHost).items.some(isEnd))) {
        Atomics.store(new Int32Array(words), 0, 1);
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
    words,
    onTaken: sendOn("taken"),
    beat: () => pipe.send("beat", null),
  };
}

function isEnd(item: HostItem): boolean {
  return item.type === "deliver" && item.body.type === "end";
}
