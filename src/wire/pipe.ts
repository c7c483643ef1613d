import type { Duplex } from "node:stream";
import { deserialize, serialize } from "node:v8";

/**
 * The kind of a packet: frames of agents, calls of the control side, the heartbeat, or the number
 * of a delivery that is being taken.
 */
export type Lane = "data" | "control" | "beat" | "taken";

export interface Packet {
  readonly lane: Lane;
  readonly message: unknown;
}

export interface PipeOptions {
  readonly stream: Duplex;
  /**
   * The most bytes of a packet; an honest one has fewer. Default: the most that a length can state.
   */
  readonly mostBytes?: number;
  /** Called with the packets that arrived together, in order. */
  readonly onPackets: (packets: readonly Packet[]) => void;
  /** Called when the input cannot be read; reading stops. */
  readonly onUnreadable: (error: unknown) => void;
}

const LENGTH_BYTES = 4;
const lanes: readonly Lane[] = ["data", "control", "beat", "taken"];

/**
 * Packets over one stream of bytes, like those of a `MessagePort` between threads.
 *
 * It is not the channel of `child_process`: Node parses what user code writes into that, and
 * invalid input throws where it cannot be caught.
 */
export class Pipe {
  readonly #options: PipeOptions;
  #chunks: Buffer[] = [];
  #received = 0;
  #broken = false;

  constructor(options: PipeOptions) {
    this.#options = options;
    options.stream.on("data", (chunk: Buffer) => this.#hear(chunk));
    // The end of the stream reports the same to its owner.
    options.stream.on("error", () => undefined);
  }

  /**
   * Sends a packet.
   *
   * **Fails with** an error, at once, when the message cannot be cloned.
   */
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
    this.#received += chunk.length;
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
    if (this.#received < LENGTH_BYTES) return undefined;
    const length = this.#first(LENGTH_BYTES).readUInt32LE();
    const { mostBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (length > mostBytes) throw new Error(`a packet of ${length} bytes, ${mostBytes} at most`);
    if (this.#received < LENGTH_BYTES + length) return undefined;
    const whole = this.#first(LENGTH_BYTES + length);
    this.#received -= whole.length;
    const [rest] = this.#chunks as [Buffer];
    if (rest.length === whole.length) this.#chunks.shift();
    else this.#chunks[0] = rest.subarray(whole.length);
    const lane = lanes[whole[LENGTH_BYTES] as number];
    if (length === 0 || lane === undefined) throw new Error("a packet of no known kind");
    return { lane, message: deserialize(whole.subarray(LENGTH_BYTES + 1)) };
  }

  /**
   * Returns the first bytes received, in one piece; chunks are joined only when that is necessary.
   */
  #first(bytes: number): Buffer {
    const [chunk] = this.#chunks as [Buffer];
    if (chunk.length >= bytes) return chunk.subarray(0, bytes);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined.subarray(0, bytes);
  }
}
