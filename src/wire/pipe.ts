import type { Duplex } from "node:stream";
import { deserialize, serialize } from "node:v8";

/**
 * What a packet is about: the frames of agents, calls of the control side, the heartbeat, and the
 * number of a delivery that is being taken in.
 */
export type Lane = "data" | "control" | "beat" | "taken";

export interface Packet {
  readonly lane: Lane;
  readonly message: unknown;
}

export interface PipeOptions {
  readonly stream: Duplex;
  /** More bytes in one packet are no honest one. Default: as many as a length can say. */
  readonly mostBytes?: number;
  /** Given what arrived together, in order. */
  readonly onPackets: (packets: readonly Packet[]) => void;
  /** What arrived cannot be read; nothing more is. */
  readonly onUnreadable: (error: unknown) => void;
}

const LENGTH_BYTES = 4;
const lanes: readonly Lane[] = ["data", "control", "beat", "taken"];

/**
 * Packets over one stream of bytes, as a `MessagePort` has them between threads.
 *
 * Not the channel of `child_process`: what a guest writes into that is parsed by Node itself, and
 * rubbish there throws where nobody can catch it.
 */
export class Pipe {
  readonly #options: PipeOptions;
  #chunks: Buffer[] = [];
  #held = 0;
  #broken = false;

  constructor(options: PipeOptions) {
    this.#options = options;
    options.stream.on("data", (chunk: Buffer) => this.#hear(chunk));
    // Its end says the same, and who it belongs to is told of that.
    options.stream.on("error", () => undefined);
  }

  /** **Fails with** an error, at once, when the message cannot be cloned. */
  send(lane: Lane, message: unknown): void {
    const body = serialize(message);
    const head = Buffer.allocUnsafe(LENGTH_BYTES + 1);
    head.writeUInt32LE(body.length + 1);
    head.writeUInt8(lanes.indexOf(lane), LENGTH_BYTES);
    const { stream } = this.#options;
    if (!stream.writable) return;
    stream.cork();
    stream.write(head);
    stream.write(body);
    stream.uncork();
  }

  #hear(chunk: Buffer): void {
    if (this.#broken) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const packets: Packet[] = [];
    try {
      for (let next = this.#take(); next !== undefined; next = this.#take()) packets.push(next);
    } catch (error) {
      this.#broken = true;
      this.#chunks = [];
      this.#options.onUnreadable(error);
    }
    if (packets.length > 0) this.#options.onPackets(packets);
  }

  #take(): Packet | undefined {
    if (this.#held < LENGTH_BYTES) return undefined;
    const length = this.#first(LENGTH_BYTES).readUInt32LE();
    const { mostBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (length > mostBytes) throw new Error(`a packet of ${length} bytes, ${mostBytes} at most`);
    if (this.#held < LENGTH_BYTES + length) return undefined;
    const whole = this.#first(LENGTH_BYTES + length);
    this.#held -= whole.length;
    const [rest] = this.#chunks as [Buffer];
    if (rest.length === whole.length) this.#chunks.shift();
    else this.#chunks[0] = rest.subarray(whole.length);
    const lane = lanes[whole[LENGTH_BYTES] as number];
    if (length === 0 || lane === undefined) throw new Error("a packet of no known kind");
    return { lane, message: deserialize(whole.subarray(LENGTH_BYTES + 1)) };
  }

  /** The first bytes of what is held, in one piece: pieces are joined only once all are there. */
  #first(bytes: number): Buffer {
    const [chunk] = this.#chunks as [Buffer];
    if (chunk.length >= bytes) return chunk.subarray(0, bytes);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined.subarray(0, bytes);
  }
}
